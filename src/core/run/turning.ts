import { keyFault } from '../names/key-grammar.ts'
import type { Complete } from '../record/complete.ts'
import { leaseMs, renewAfterMs } from '../record/lease.ts'
import { isOpen } from '../record/operation-record.ts'
import { transition } from '../record/transition.ts'
import { nextStep } from './next-step.ts'
import type { CountedAs, Moment, Step, StepPolicy } from './step.ts'
import { hasLooked } from './one-look.ts'
import { spendAsk, spendRetry } from './retry-budget.ts'
import { afterPause } from './run-progress.ts'
import { isRemembered } from './finding.ts'
import {
  claimLost,
  faultToAsk,
  faultToSend,
  isProven,
  isStillOwn,
  leased,
  newLeasing,
  remainingMs,
  withRecord,
  onCourse,
} from './knowledge.ts'
import { settledEnd, stopCode, stopped, stopReason } from './make-end.ts'
import type { Next } from './next.ts'
import { whereOnline } from './offline.ts'
import { first, follow, letGo, next, show, announce, turn } from './next.ts'
import type { Now, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { RunActivity, RunKnowledge, Renewed } from './run-state.ts'
import type { StoreFault } from './store-look.ts'

/*
 * One turn of a run that has nothing under way. The record and the run's progress decide whether the run looks, ends,
 * rests, asks or sends (next-step.ts).
 */

type Held<Name extends RunActivity['name']> = Extract<RunActivity, { name: Name }>
type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>

export function takeTurn(knows: RunKnowledge, now: Now, policy: RunPolicy): Next {
  const { record } = knows
  // The success was proven while another runner wrote. The stored record may be older than the proof, and changes
  // nothing about the success.
  if (isProven(knows) && record?.state === 'succeeded' && (!knows.holding || knows.proof === 'late'))
    return follow(knows, { decision: 'keep', after: { decision: knows.holding ? 'turn' : 'settle' } })
  if (!knows.holding) return follow(knows, { decision: 'look', looks: 0 })
  // A proof that came in while the run was being stopped still counts.
  if (knows.stop !== undefined && record?.state === 'succeeded')
    return lookForResult(knows, 'settled', now, policy)
  if (knows.stop !== undefined)
    return letGo(knows, stopped(knows, stopCode(knows.stop), stopReason(knows.stop), now, policy))
  if (record === undefined) throw new Error('a held operation has a record')
  const step = nextStep(
    record,
    knows.course.progress,
    stepPolicy(knows, now, policy),
    momentOf(knows, now, policy),
  )
  switch (step.kind) {
    case 'done': {
      const isMisread =
        knows.course.misread !== undefined && record.state === 'succeeded' && record.result === undefined
      return lookForResult(knows, isMisread ? 'misread' : 'settled', now, policy)
    }
    case 'stop': {
      const reason = withOffline(withUnasked(withUnread(step.reason, knows), knows), now)
      return letGo(knows, stopped(knows, step.code, reason, now, policy, step))
    }
    case 'wait':
      return rest(knows, step, now, policy)
    case 'ask':
      return renewIfDue(knows, { for: 'ask', at: step.at }, now, policy)
    case 'send':
      return send(knows, step.as, now, policy)
    default:
      return step satisfies never
  }
}

function stepPolicy(knows: RunKnowledge, now: Now, policy: RunPolicy): StepPolicy {
  const mode = policy.mode !== 'ask' && policy.payload !== undefined ? 'run' : 'ask'
  const isSent = knows.record !== undefined && knows.record.sent > 0
  return {
    mode,
    attempts: policy.attempts,
    backoff: policy.backoff,
    pollInterval: policy.pollInterval,
    honoursKeys: policy.honoursKeys,
    horizon: policy,
    hasStatus: policy.hasStatus,
    unfit: knows.course.unfit,
    look: policy.look,
    elsewhere:
      (mode === 'run' ? faultToSend(knows, now, policy) : undefined) ??
      (isSent ? faultToAsk(knows, now, policy) : undefined),
  }
}

function momentOf(knows: RunKnowledge, now: Now, policy: RunPolicy): Complete<Moment> {
  const { clocks } = now
  return {
    nowAt: clocks.nowAt,
    readingAt: clocks.readingAt,
    serverNowAt: clocks.serverNowAt,
    leastServerNowAt: clocks.leastServerNowAt,
    lastToldNowAt: clocks.lastToldNowAt,
    setBackMs: clocks.setBackMs,
    firstSentServerAt: clocks.firstSentServerAt,
    remainingMs: remainingMs(knows, now),
    ranMs: now.ms - policy.startedMs,
    random: now.random,
    retryAllowed: spendRetry(now.budget, now.ms) !== undefined,
    // A watch sets the pauses between its looks itself (core/watching), so the first request of a look needs no budget.
    // When one look asks several times for a result, the later asks need budget as usual.
    askAllowed:
      (policy.look !== undefined && !hasLooked(knows.course.progress)) ||
      spendAsk(now.budget, now.ms) !== undefined,
  }
}

/** The result could not be had from the server. Another runner may have got it and stored it meanwhile. */
function lookForResult(knows: RunKnowledge, end: 'settled' | 'misread', now: Now, policy: RunPolicy): Next {
  const { record } = knows
  if (record?.state !== 'succeeded' || record.result !== undefined)
    return endOfSettled(knows, end, now, policy)
  return next(knows, { name: 'looking-for-result', end }, { do: 'read' })
}

export function resultLookedFor(
  before: RunKnowledge,
  { end }: Held<'looking-for-result'>,
  event: EventOf<'read'> | EventOf<'unread'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const knows = { ...before, heard: event.heard }
  const { stored } = event.heard
  // The operation stays executed, whether the store can be read or not.
  if (event.type === 'unread' || stored?.state !== 'succeeded' || stored.key !== before.record?.key)
    return endOfSettled(knows, end, now, policy)
  const isThere = isRemembered(stored, { nowAt: now.wallAt, rememberMs: policy.rememberMs })
  return endOfSettled(isThere ? withRecord(knows, stored) : knows, end, now, policy)
}

function endOfSettled(knows: RunKnowledge, end: 'settled' | 'misread', now: Now, policy: RunPolicy): Next {
  const { record } = knows
  const isMisread = end === 'misread' && record?.state === 'succeeded' && record.result === undefined
  if (!isMisread) return letGo(knows, settledEnd(knows, now, policy))
  const reason = `the operation was executed, and its result is not known here; ${knows.course.misread}`
  return letGo(knows, stopped(knows, 'already-executed', reason, now, policy))
}

// --- resting ---------------------------------------------------------------------------------------------------

function rest(knows: RunKnowledge, step: Extract<Step, { kind: 'wait' }>, now: Now, policy: RunPolicy): Next {
  const { delayMs, counts, reason } = step
  const untilMs = now.ms + delayMs
  return first(
    [
      announce({ type: 'waiting', delayMs, reason }),
      show(step.before === 'poll' ? 'polling' : 'waiting', now.wallAt + delayMs),
    ],
    restOn(knows, untilMs, counts, now, policy),
  )
}

/**
 * Rests until `untilMs`, at most a third of a lease at a time, because a holder renews its lease during its own waits.
 */
function restOn(knows: RunKnowledge, untilMs: number, counts: CountedAs, now: Now, policy: RunPolicy): Next {
  const leftMs = untilMs - now.ms
  if (leftMs <= 0 || knows.stop !== undefined || !knows.holding || knows.proof === 'late')
    return turn(onCourse(knows, { progress: afterPause(knows.course.progress, counts) }))
  const delayMs = Math.min(leftMs, renewAfterMs(policy.timeoutMs))
  return next(knows, { name: 'resting', untilMs, counts }, { do: 'rest', delayMs })
}

/** A stretch of the rest is over, or something woke the run. */
export function rested(
  knows: RunKnowledge,
  { untilMs, counts }: Held<'resting'>,
  now: Now,
  policy: RunPolicy,
): Next {
  return renewIfDue(knows, { for: 'rest', untilMs, counts }, now, policy)
}

// --- the lease -------------------------------------------------------------------------------------------------

/** Renews the lease if a third of it has passed, and goes on with what the renewal was for. */
export function renewIfDue(before: RunKnowledge, goesOn: Renewed, now: Now, policy: RunPolicy): Next {
  const { record, lease } = before
  if (lease === undefined || record === undefined || !isOpen(record))
    return renewedFor(before, goesOn, now, policy)
  const dueMs = leaseMs(policy.timeoutMs) - renewAfterMs(policy.timeoutMs)
  const leftMs = Math.min(lease.monotonicUntil - now.ms, lease.until - now.wallAt)
  if (leftMs > dueMs) return renewedFor(before, goesOn, now, policy)
  const leasing = newLeasing(now, policy)
  return next(
    { ...before, writingSince: now.nowAt },
    { name: 'renewing', leasing, goesOn },
    { do: 'write', record: transition(record, { kind: 'claim', lease: leasing.lease }, now.wallAt) },
  )
}

export function renewalWritten(
  before: RunKnowledge,
  { leasing, goesOn }: Held<'renewing'>,
  { record }: EventOf<'written'>,
  now: Now,
  policy: RunPolicy,
): Next {
  return renewedFor(leased(withRecord(before, record), leasing, policy), goesOn, now, policy)
}

export function renewalLost(
  before: RunKnowledge,
  { goesOn }: Held<'renewing'>,
  now: Now,
  policy: RunPolicy,
): Next {
  // The next turn renews the lease. Two thirds of it are left.
  if (isStillOwn(before, policy)) return renewedFor(before, goesOn, now, policy)
  return first([announce({ type: 'claim-lost' })], renewedFor(claimLost(before), goesOn, now, policy))
}

/** The store failed. The next write tries it again. */
export function renewalFailed(
  before: RunKnowledge,
  { goesOn }: Held<'renewing'>,
  fault: StoreFault,
  now: Now,
  policy: RunPolicy,
): Next {
  return first(
    [announce({ type: 'store-failed', doing: 'renew', cause: fault.told })],
    renewedFor(before, goesOn, now, policy),
  )
}

function renewedFor(knows: RunKnowledge, goesOn: Renewed, now: Now, policy: RunPolicy): Next {
  switch (goesOn.for) {
    case 'rest':
      return restOn(knows, goesOn.untilMs, goesOn.counts, now, policy)
    case 'ask':
      return ask(knows, goesOn.at, now, policy)
    case 'turn':
      return turn(knows)
    default:
      return goesOn satisfies never
  }
}

// --- asking and sending ----------------------------------------------------------------------------------------

function ask(knows: RunKnowledge, at: 'poll-url' | 'status' | 'result', now: Now, policy: RunPolicy): Next {
  if (!knows.holding) return turn(knows)
  if (!now.isSameScope)
    return letGo(knows, stopped(knows, 'scope-changed', 'another user is logged in now', now, policy))
  // What is known before the answer decides whether this ask polls work that goes on, or finds out what became of the
  // operation.
  const isPoll = at === 'poll-url' || (at === 'status' && knows.record?.state === 'processing')
  const budget = spendAsk(now.budget, now.ms) ?? now.budget
  return whereOnline(knows, now, 'safe', leaving =>
    next(
      leaving,
      { name: 'asking', at, isPoll, askedMs: now.ms },
      { do: 'budget', budget },
      show(isPoll ? 'polling' : 'asking'),
      { do: 'ask', at },
    ),
  )
}

function send(knows: RunKnowledge, as: 'attempt' | 'poll' | 'reread', now: Now, policy: RunPolicy): Next {
  const { record, course } = knows
  if (policy.payload === undefined || record === undefined)
    return letGo(
      knows,
      stopped(
        knows,
        'unresolved',
        'the request is not stored, so that only a call with the input can send it',
        now,
        policy,
        {
          advice: 'run-with-input',
        },
      ),
    )
  const fault = keyFault(record.key, policy.keyShape)
  if (fault !== undefined)
    return letGo(knows, {
      ...stopped(knows, 'configuration', `key: ${fault}`, now, policy),
      cause: undefined,
    })
  // If nothing was ever written ahead, this is still the first send, whatever kept earlier attempts from reaching the
  // gate.
  const isRetry = as === 'attempt' && course.progress.turns > 0 && record.attempts > 0
  const budget = isRetry ? (spendRetry(now.budget, now.ms) ?? now.budget) : undefined
  return whereOnline(knows, now, policy.honoursKeys ? 'safe' : 'in-doubt', leaving =>
    first([budget && { do: 'budget', budget }], follow(leaving, { decision: 'take-off', as })),
  )
}

// --- reasons ---------------------------------------------------------------------------------------------------

/**
 * A status word that no definition explains, or a `read` that returns nothing useful, may be the only thing between the
 * run and its end. The reader of the error can explain the word or remove the `read`.
 */
function withUnread(reason: string, { course: { progress, misread } }: RunKnowledge): string {
  if (misread !== undefined) return `${reason}; ${misread}`
  const { unknownWord, lastAsk } = progress
  if (unknownWord === undefined && lastAsk?.kind === 'inconclusive')
    return `${reason}; the last time it was asked: ${lastAsk.reason}`
  return unknownWord === undefined
    ? reason
    : `${reason}; the server answers "${unknownWord}": \`status.read\` or \`status\` of the profile can say what that means`
}

/**
 * The run asks nothing at an origin that only an answer names. The reader of the error can decide to trust that origin.
 */
function withUnasked(reason: string, { record, course: { progress } }: RunKnowledge): string {
  const { foreign, pollUrl } = progress
  if (foreign === undefined || pollUrl !== undefined || record?.state !== 'processing') return reason
  return `${reason}; the address that the server named is at ${foreign}, which is neither the operation's origin nor one of \`trustedOrigins\``
}

/** Whatever ended the wait, the missing network is the reason why nothing came of it. */
function withOffline(reason: string, now: Now): string {
  return now.online ? reason : `${reason}; this device says that it is offline`
}
