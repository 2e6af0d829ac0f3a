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

/* How a run ends, as a value: each end beside what may be said of the operation (run-outcome.ts). */

/** An end in the light of what the store holds. */
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

/** An end beside which stands what is known of the operation. */
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

/** A mistake in options or definition. It was made without knowing the operation, so its own outcome is none. */
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

/** The store failed: what is known of the operation is what was read before. */
export function storeEnd(knows: RunKnowledge, fault: StoreFault, now: Now, policy: RunPolicy): StoppedEnd {
  const outcome = outcomeWithoutStore(knows, fault, now, policy)
  // Where it was not executed, that says the same.
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

/** The attempt never came as far as the gate: what may have been sent was sent before. */
function hasSentNothing({ course: { isNext, progress } }: RunKnowledge): boolean {
  return !isNext && progress.turns === 0 && progress.asks === 0
}

/** A run that yields to one that may send ends none of its callers: they go over to the other run. */
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
