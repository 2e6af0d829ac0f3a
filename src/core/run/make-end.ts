import { adviceInDoubt } from './advice-in-doubt.ts'
import type { End, StoppedEnd } from './end.ts'
import { reasonByRun } from './end-reason.ts'
import { wholeMs } from './next.ts'
import { outcomeNow, outcomeWithoutStore } from './run-outcome.ts'
import type { Now } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { StopRequest } from './run-mode.ts'
import type { RunKnowledge } from './run-state.ts'
import type { StoreFault } from './store-look.ts'
import { codeOfFault } from './store-look.ts'

/* Makes the end of a run, as a value: the reason, and the outcome that may be reported (run-outcome.ts). */

/** The end after a check against what is known of the store. */
export function honest(knows: RunKnowledge, end: End, now: Now, policy: RunPolicy): End {
  if (end.kind === 'failed' && !knows.isStoreRead)
    return stopped(
      knows,
      'store-failed',
      'the server refused the operation, but the store could neither keep nor confirm that',
      now,
      policy,
    )
  if (end.kind === 'failed' && knows.hasLeftBehind)
    return stopped(
      knows,
      'unresolved',
      'the server refused the operation, but a hook sent the request under another key too',
      now,
      policy,
      { advice: 'find-out-before-run' },
    )
  if (end.kind !== 'stopped' || end.outcome !== 'not-executed') return end
  return { ...end, outcome: outcomeNow(knows, now, policy) }
}

export function unsure(end: End): End {
  return end.kind === 'stopped' && end.outcome === 'not-executed' ? { ...end, outcome: 'unknown' } : end
}

/** The end of a settled record. */
export function settledEnd(knows: RunKnowledge, now: Now, policy: RunPolicy): End {
  const { record } = knows
  if (record?.state === 'succeeded') {
    const replayed = knows.recalled || record.result?.replayed === true
    return { kind: 'executed', record, replayed }
  }
  if (record?.state === 'failed') return { kind: 'failed', record }
  return stopped(knows, 'unresolved', 'nothing is known of this operation', now, policy)
}

/** An end for the given reason, with what is known of the operation. */
export function stopped(
  knows: RunKnowledge,
  code: StoppedEnd['code'],
  reason: string,
  now: Now,
  policy: Pick<RunPolicy, 'runner' | 'honoursKeys' | 'hasStatus'>,
  { retryAt, advice }: Pick<StoppedEnd, 'retryAt' | 'advice'> = {},
): StoppedEnd {
  const outcome = outcomeNow(knows, now, policy)
  const { honoursKeys, hasStatus } = policy
  const { signInsInARow } = knows.course.progress
  return {
    kind: 'stopped',
    code,
    reason,
    outcome,
    retryAt: wholeMs(retryAt),
    about: reasonByRun(code, { isOnline: now.online, signInsInARow }),
    advice: advice ?? adviceInDoubt({ code, outcome }, { record: knows.record, honoursKeys, hasStatus }),
    cause: code === 'aborted' ? undefined : knows.lastCause,
  }
}

/**
 * The end for a mistake in options or definition. The outcome comes from this run, because the mistake was made without
 * knowing the operation.
 */
export function configured(
  knows: RunKnowledge,
  mistake: { readonly message: string; readonly cause?: unknown },
  now: Now,
  policy: RunPolicy,
): StoppedEnd {
  return {
    kind: 'stopped',
    code: 'configuration',
    reason: mistake.message,
    outcome: outcomeNow(knows, now, policy),
    cause: mistake.cause,
  }
}

/** The end for a failed store: what is known of the operation is what was read before. */
export function storeEnd(knows: RunKnowledge, fault: StoreFault, now: Now, policy: RunPolicy): StoppedEnd {
  const outcome = outcomeWithoutStore(knows, fault, now, policy)
  // The outcome "not executed" already means that nothing was sent.
  const nothingSent = (outcome === 'unknown' && hasSentNothing(knows)) || undefined
  return {
    kind: 'stopped',
    code: codeOfFault(fault),
    reason:
      nothingSent && !fault.isCorrupt ? `${fault.reason}, and nothing was sent by this call` : fault.reason,
    nothingSent,
    advice: fault.advice,
    outcome,
    cause: fault.cause,
  }
}

/** Whether no attempt of this run came as far as the gate, so that whatever was sent was sent before this run. */
function hasSentNothing({ course: { isNext, progress } }: RunKnowledge): boolean {
  return !isNext && progress.turns === 0 && progress.asks === 0
}

/**
 * The error code for a stop. A run that yields to one that may send ends none of its callers: they go over to the other
 * run.
 */
export function stopCode(request: StopRequest): 'aborted' | 'forgotten' | 'sealed' {
  return request === 'forgotten' || request === 'sealed' ? request : 'aborted'
}

export function stopReason(request: StopRequest): string {
  switch (request) {
    case 'closed':
      return 'the client was closed'
    case 'forgotten':
      return 'the operation was forgotten while it ran'
    case 'sealed':
      return 'the operation was cancelled while it ran'
    default:
      return 'the caller aborted'
  }
}
