import type { OperationRecord, SucceededRecord } from '../record/operation-record.ts'
import { isSameWriter } from '../record/own-write.ts'
import { isOpen } from '../record/operation-record.ts'
import { factOf, transition } from '../record/transition.ts'
import {
  claimLost,
  isLookOld,
  isProven,
  isStillOwn,
  isWrittenDown,
  leased,
  newLeasing,
  withRecord,
} from './knowledge.ts'
import { alarm } from './duplicate-alarm.ts'
import { mayBeSentOn } from './run-outcome.ts'
import type { Next } from './next.ts'
import { first, follow, next, announce } from './next.ts'
import type { Now, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { Following, RunActivity, RunKnowledge } from './run-state.ts'
import type { StoreFault } from './store-look.ts'

/*
 * Writing down what was learnt.
 *
 *   executed       must reach the store, or at least its fact must, but the callers get it in any case.
 *                  If another runner wrote first: merged into the same generation, an alarm for another one.
 *   failed         counts only if this runner still held the operation; otherwise the other runner's record is true.
 *   processing     written at once: to know where to ask is worth a write.
 *   other doubts   go along with the next write. Until then the attempt that is marked as in flight
 *                  shows the same to a runner that takes over.
 */

type Held<Name extends RunActivity['name']> = Extract<RunActivity, { name: Name }>
type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>

/** After each attempt or ask, writes down what must not be lost if the process dies now. */
export function keep(knows: RunKnowledge, after: Following, now: Now, policy: RunPolicy): Next {
  const { record, heard } = knows
  const isStoredAtWork = heard.stored?.state === 'processing'
  switch (record?.state) {
    case undefined:
      return follow(knows, after)
    case 'succeeded':
      return keepProof(knows, record, after, now, policy)
    case 'failed':
      return keepRefusal(knows, record, after, now)
    case 'processing':
      return isStoredAtWork ? follow(knows, after) : keepOpen(knows, record, false, after, now, policy)
    case 'pending':
      // The record came back from processing, or ambiguous attempts are proven to have come to nothing.
      return isStoredAtWork ? keepOpen(knows, record, false, after, now, policy) : follow(knows, after)
    default:
      return record satisfies never
  }
}

function writing(knows: RunKnowledge, does: RunActivity, record: OperationRecord, now: Now): Next {
  return next({ ...knows, writingSince: now.nowAt }, does, { do: 'write', record })
}

// --- open ------------------------------------------------------------------------------------------------------

function keepOpen(
  knows: RunKnowledge,
  record: Extract<OperationRecord, { state: 'pending' | 'processing' }>,
  isOnTop: boolean,
  after: Following,
  now: Now,
  policy: RunPolicy,
): Next {
  if (!knows.holding) return follow(knows, after)
  const leasing = newLeasing(now, policy)
  return writing(
    knows,
    { name: 'keeping-open', leasing, isOnTop, after },
    { ...record, lease: leasing.lease },
    now,
  )
}

export function openKept(
  before: RunKnowledge,
  { leasing, isOnTop, after }: Held<'keeping-open'>,
  event: EventOf<'written'> | EventOf<'lost'> | EventOf<'unwritten'>,
  now: Now,
  policy: RunPolicy,
): Next {
  switch (event.type) {
    case 'written':
      return follow(leased(withRecord(before, event.record), leasing, policy), after)
    case 'lost': {
      const { record } = before
      return !isOnTop && record !== undefined && isOpen(record) && isStillOwn(before, policy)
        ? keepOpen(before, record, true, after, now, policy)
        : lostTo(before, after)
    }
    case 'unwritten':
      return follow(before, after, failed('renew', event.fault))
    default:
      return event satisfies never
  }
}

function lostTo(knows: RunKnowledge, after: Following): Next {
  return follow(claimLost(knows), after, announce({ type: 'claim-lost' }))
}

function failed(doing: 'renew' | 'settle', { told }: StoreFault) {
  return announce({ type: 'store-failed', doing, cause: told })
}

// --- executed --------------------------------------------------------------------------------------------------

function keepProof(
  before: RunKnowledge,
  success: SucceededRecord,
  after: Following,
  now: Now,
  policy: RunPolicy,
): Next {
  const knows: RunKnowledge = before.proof === 'late' ? { ...before, proof: 'stands' } : before
  if (knows.proof === 'outrun' || isWrittenDown(knows.heard.stored, success)) return follow(knows, after)
  const isReduced = (success.result?.text.length ?? 0) > policy.longestResult
  const record = isReduced ? asFact(success) : success
  return writing(knows, { name: 'keeping-proof', record, success, isReduced, after }, record, now)
}

export function proofKept(
  before: RunKnowledge,
  does: Held<'keeping-proof'>,
  event: EventOf<'written'> | EventOf<'lost'> | EventOf<'unwritten'>,
  now: Now,
): Next {
  const { record, success, isReduced, after } = does
  switch (event.type) {
    case 'written':
      return follow(withRecord(before, isReduced ? success : event.record), after)
    case 'lost':
      return proofRaced(before, does, now)
    case 'unwritten': {
      const told = failed('settle', event.fault)
      if (isReduced) return first([told], follow(before, after))
      // The store may refuse the result itself, so its fact alone is tried once more.
      const fact = asFact(record)
      return first([told], writing(before, { ...does, isReduced: true, record: fact }, fact, now))
    }
    default:
      return event satisfies never
  }
}

/** Another write came before the proof. */
function proofRaced(before: RunKnowledge, does: Held<'keeping-proof'>, now: Now): Next {
  const { record, success, isReduced, after } = does
  const { stored } = before.heard
  // A record that was never stored was not dropped by anyone: its place is free, and the proof takes it.
  if (stored === undefined)
    return record.writer.write === 0 ? writing(before, does, record, now) : follow(before, after)
  if (stored.generation !== record.generation || stored.key !== record.key) {
    // The place belongs to another generation now, so this run writes nothing more of the proof.
    const proof = isProven(before) ? 'outrun' : 'none'
    const [alarmed, commands] = alarm({ ...before, proof, holding: false }, stored, record.generation)
    return first(commands, follow(alarmed, after))
  }
  if (isWrittenDown(stored, record)) {
    const hasResult = stored.state === 'succeeded' && stored.result !== undefined
    return follow(withRecord(before, hasResult ? stored : success), after)
  }
  // Another runner wrote into the same generation, so the proof is written on top of that.
  const told = { kind: 'executed' as const, result: record.result }
  const merged = transition(stored, { kind: 'learn', told }, now.wallAt)
  if (merged.state !== 'succeeded') return follow(before, after)
  // A result that is too large for the store can still be returned by this run.
  const knows = withRecord(before, isReduced ? { ...merged, result: success.result } : merged)
  return writing(knows, { ...does, record: merged }, merged, now)
}

function asFact(record: SucceededRecord): SucceededRecord {
  return { ...record, ...factOf(record), state: 'succeeded', result: undefined }
}

// --- not executed ----------------------------------------------------------------------------------------------

function keepRefusal(knows: RunKnowledge, record: OperationRecord, after: Following, now: Now): Next {
  const { stored } = knows.heard
  if (stored?.state === 'failed' && stored.key === record.key) return follow(knows, after)
  return writing(knows, { name: 'keeping-refusal', record, isOnTop: false, after }, record, now)
}

export function refusalKept(
  before: RunKnowledge,
  does: Held<'keeping-refusal'>,
  event: EventOf<'written'> | EventOf<'lost'> | EventOf<'unwritten'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const { record, isOnTop, after } = does
  switch (event.type) {
    case 'written':
      return follow(withRecord(before, event.record), after)
    case 'lost':
      return !isOnTop && tookNothing(before, record, policy)
        ? writing(before, { ...does, isOnTop: true }, record, now)
        : lostTo(before, after)
    case 'unwritten':
      return first([failed('settle', event.fault)], recheck(before, record, event.fault, after))
    default:
      return event satisfies never
  }
}

/**
 * Whether the other write took nothing from this runner (`clear` shrinks open records), so that this runner's proof
 * still counts.
 */
function tookNothing(
  { heard: { stored } }: RunKnowledge,
  record: OperationRecord,
  policy: RunPolicy,
): boolean {
  if (stored === undefined || !isOpen(stored) || stored.key !== record.key) return false
  return stored.lease?.runner === policy.runner && stored.attempts === record.attempts
}

/**
 * The store could not keep a refusal. The refusal is proof only if the store still shows that this runner holds the
 * operation, and keeps no request that a `resume` would send. If such a request is kept, the write is tried once more.
 */
export function recheck(
  knows: RunKnowledge,
  record: OperationRecord,
  fault: StoreFault,
  after: Following,
): Next {
  const before = knows.heard.stored?.writer
  return next(knows, { name: 'rechecking', record, fault, before, isWriting: false, after }, { do: 'read' })
}

export function rechecked(
  before: RunKnowledge,
  does: Held<'rechecking'>,
  event: EventOf<'read'> | EventOf<'unread'> | EventOf<'written'> | EventOf<'lost'> | EventOf<'unwritten'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const { record, after, fault } = does
  switch (event.type) {
    case 'read': {
      const knows = { ...before, isStoreRead: !isLookOld(before, now) }
      const { stored } = event.heard
      if (!isSameWriter(stored?.writer, does.before)) return lostTo(knows, after)
      if (stored === undefined || !mayBeSentOn(stored, policy)) return follow(knows, after)
      return writing(knows, { ...does, isWriting: true }, record, now)
    }
    case 'written':
      return follow({ ...withRecord(before, event.record), isStoreRead: true }, after)
    case 'lost':
      return lostTo(before, after)
    case 'unread':
    case 'unwritten':
      return follow({ ...before, isStoreRead: false, lastCause: fault.told }, after)
    default:
      return event satisfies never
  }
}
