import { isOfAnotherLine } from './finding.ts'
import type { OpenRecord, StoredFailure } from '../record/operation-record.ts'
import { isOfAnotherPayload } from '../record/same-payload.ts'
import { isSameWriter } from '../record/own-write.ts'
import { isOpen } from '../record/operation-record.ts'
import { mayHaveExecuted } from '../record/outcome.ts'
import { isTombstone } from '../record/tombstone.ts'
import { transition } from '../record/transition.ts'
import type { End } from './end.ts'
import { holdsLease, inHand, isLookOld, isProven, leaseOf, withRecord } from './knowledge.ts'
import { honest, settledEnd, stopped, unsure } from './make-end.ts'
import { needsNewLook, outcomeForOthers } from './run-outcome.ts'
import type { Next } from './next.ts'
import { first, follow, next, announce } from './next.ts'
import type { Now, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { RunActivity, RunKnowledge } from './run-state.ts'

/*
 * Every run ends here: the claim is released with everything that was learnt, and the end is checked against what the
 * store has now.
 */

type Held<Name extends RunActivity['name']> = Extract<RunActivity, { name: Name }>
type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>

export function freed(knows: RunKnowledge, last: End, now: Now, policy: RunPolicy): Next {
  const { record } = knows
  const end = ofThisLook(knows, last, policy)
  return (knows.holding || isLeaseLeft(knows, policy)) && record !== undefined && isOpen(record)
    ? release(knows, record, end, 0, now, policy)
    : finish(knows, honest(knows, end, now, policy), now, policy)
}

/** Whether the run's lease keeps others waiting although the run does not hold the record any more. */
function isLeaseLeft({ record, heard: { stored } }: RunKnowledge, { runner }: RunPolicy): boolean {
  return stored !== undefined && stored.key === record?.key && leaseOf(stored)?.runner === runner
}

/**
 * "Nothing was sent yet" is no end of an operation that a watch looks at again, because the operation may be sent
 * later.
 */
function ofThisLook({ record }: RunKnowledge, end: End, { look }: RunPolicy): End {
  return look?.goesOn === true && (record === undefined || isOpen(record)) ? unsure(end) : end
}

/**
 * The most tries to release a record. Others may write it meanwhile, and a store that accepts no write at all would
 * otherwise keep the run here for ever.
 */
const MOST_RELEASES = 3

/** Releases the claim. `lost`: how many tries lost to other writes before. */
function release(
  before: RunKnowledge,
  record: OpenRecord,
  end: End,
  lost: number,
  now: Now,
  policy: RunPolicy,
): Next {
  const knows = { ...before, holding: false }
  // A generation that was never written ahead leaves no trace, unless something was sent beside the gate.
  if (knows.heard.stored?.key !== record.key && !mayHaveExecuted(record))
    return finish(knows, end, now, policy)
  // After "not executed" only a new call may send the operation, so a kept request is dropped.
  const isOver = end.kind === 'stopped' && end.outcome === 'not-executed'
  const free = transition(record, { kind: 'release', drops: isOver ? 'request' : undefined }, now.wallAt)
  return next(
    { ...knows, writingSince: now.nowAt },
    { name: 'releasing', end, released: free, lost },
    { do: 'write', record: free },
  )
}

export function released(
  before: RunKnowledge,
  { end, released: record, lost }: Held<'releasing'>,
  event: EventOf<'written'> | EventOf<'lost'> | EventOf<'unwritten'>,
  now: Now,
  policy: RunPolicy,
): Next {
  switch (event.type) {
    case 'written': {
      const knows = { ...withRecord(before, event.record), lease: undefined }
      // The claim may have been free during the whole time that the acknowledgement took.
      return isLookOld(knows, now)
        ? next(
            { ...knows, isStoreRead: false },
            { name: 'looking-back', end, released: event.record },
            { do: 'read' },
          )
        : finish(knows, end, now, policy)
    }
    case 'lost':
      return releaseLost(before, end, lost + 1, now, policy)
    case 'unwritten': {
      const told = announce({ type: 'store-failed', doing: 'release', cause: event.fault.told })
      const isSaid = end.kind === 'stopped' && end.outcome === 'not-executed'
      return first(
        [told],
        isSaid
          ? follow(before, {
              decision: 'recheck',
              record,
              fault: event.fault,
              after: { decision: 'finish', end, isHonest: true },
            })
          : finish(before, honest(before, end, now, policy), now, policy),
      )
    }
    default:
      return event satisfies never
  }
}

/** The release is a while ago, so the outcome is that of the record that is stored now. */
export function lookedBack(
  before: RunKnowledge,
  { end, released: record }: Held<'looking-back'>,
  event: EventOf<'read'> | EventOf<'unread'>,
  now: Now,
  policy: RunPolicy,
): Next {
  if (event.type === 'unread') return finish(before, honest(before, end, now, policy), now, policy)
  const knows = { ...before, isStoreRead: !isLookOld(before, now) }
  return isSameWriter(event.heard.stored?.writer, record.writer)
    ? finish(knows, honest(knows, end, now, policy), now, policy)
    : afterLostRelease(knows, end, now, policy)
}

/** Reads the store again, because another runner may have begun meanwhile what this one never wrote. */
function lookForOthers(knows: RunKnowledge, end: End): Next {
  return next(
    { ...knows, isStoreRead: false },
    { name: 'looking-for-others', end, before: knows.heard.stored?.writer },
    { do: 'read' },
  )
}

export function lookedForOthers(
  before: RunKnowledge,
  { end, before: writer }: Held<'looking-for-others'>,
  event: EventOf<'read'> | EventOf<'unread'>,
  now: Now,
  policy: RunPolicy,
): Next {
  if (event.type === 'unread') return ended(before, honest(before, end, now, policy), now, policy)
  const knows = { ...before, isStoreRead: !isLookOld(before, now) }
  if (isSameWriter(event.heard.stored?.writer, writer))
    return ended(knows, honest(knows, end, now, policy), now, policy)
  if (knows.record === undefined) return ended(knows, unsure(end), now, policy)
  const [after, last] = inTheLightOf(knows, inDoubt(knows, end, now, policy), now, policy)
  return ended(after, forOthers(after, last, policy), now, policy)
}

function forOthers(knows: RunKnowledge, end: End, { runner }: RunPolicy): End {
  return end.kind === 'stopped' ? { ...end, outcome: outcomeForOthers(end.outcome, knows, runner) } : end
}

/** A failure without a key proved nothing about what follows, and another runner has written since. */
function inDoubt(knows: RunKnowledge, end: End, now: Now, policy: RunPolicy): End {
  if (end.kind !== 'failed') return end
  const { code, reason } = end.record.failure
  return { ...stopped(knows, code, reason, now, policy), outcome: 'unknown' }
}

/** The other write may have left this run's lease in place. Then the lease is released on top of that write. */
function releaseLost(before: RunKnowledge, end: End, lost: number, now: Now, policy: RunPolicy): Next {
  const [knows, last] = inTheLightOf(before, end, now, policy)
  const { record } = knows
  return record !== undefined && isOpen(record) && isLeaseLeft(knows, policy) && lost < MOST_RELEASES
    ? release(knows, record, last, lost, now, policy)
    : first([announce({ type: 'claim-lost' })], finish(knows, last, now, policy))
}

function afterLostRelease(knows: RunKnowledge, end: End, now: Now, policy: RunPolicy): Next {
  const [after, last] = inTheLightOf(knows, end, now, policy)
  return finish(after, last, now, policy)
}

/** Another write came while this run was ending. The newer record decides, and a proof in it is a proof. */
function inTheLightOf(
  before: RunKnowledge,
  end: End,
  now: Now,
  policy: RunPolicy,
): readonly [RunKnowledge, End] {
  const { stored } = before.heard
  // While the operation was free, another run may have executed it before it was dropped. The same is true of a next
  // generation.
  const isNext = stored !== undefined && stored.generation > (before.record?.generation ?? 0)
  const known = holdsLease(before, now) ? end : unsure(end)
  if (stored === undefined || isOfAnotherLine(stored, before.seen))
    return [before, dropped(isNext ? unsure(end) : known, 'the record was dropped')]
  if (isTombstone(stored))
    return [before, dropped(isNext ? unsure(end) : known, 'the operation was forgotten')]
  const isAnother = stored.key !== before.record?.key
  // The next generation has another payload, for which these callers did not ask.
  if (isAnother && stored.fingerprint !== before.record?.fingerprint)
    return [before, dropped(known, 'the operation was begun again with a new key')]
  const knows = withRecord(before, inHand(before))
  // The reason for which this run stopped was about the earlier key.
  if (isOpen(stored) && isAnother && known.kind === 'stopped' && known.code !== 'aborted')
    return [
      knows,
      {
        ...known,
        code: 'unresolved',
        reason: 'the operation was begun again with a new key',
        outcome: 'unknown',
        advice: undefined,
      },
    ]
  // The stored result is that of another payload, requested by others (P5).
  if (stored.state === 'succeeded' && isOfAnotherPayload(stored, policy.payload?.fingerprint))
    return [
      knows,
      stopped(knows, 'payload-mismatch', 'the operation was begun with another payload', now, policy),
    ]
  if (stored.state === 'succeeded') return [knows, settledEnd(knows, now, policy)]
  if (stored.state === 'failed') return [knows, whyFailed(knows, stored.failure, end, now, policy)]
  return [knows, honest(knows, end, now, policy)]
}

/** The record was dropped, and the operation may have been executed. The outcome is the one that this run knew. */
function dropped(end: End, reason: string): End {
  return end.kind === 'stopped' ? { ...end, code: 'forgotten', reason, advice: undefined } : end
}

function whyFailed(
  knows: RunKnowledge,
  { code, reason }: StoredFailure,
  end: End,
  now: Now,
  policy: RunPolicy,
): End {
  if (end.kind !== 'stopped') return end
  return code === 'sealed' ? stopped(knows, code, reason, now, policy) : settledEnd(knows, now, policy)
}

/** Ends the run once its claim is free. A "not executed" that rests on an old look needs one more look. */
export function finish(knows: RunKnowledge, end: End, now: Now, policy: RunPolicy): Next {
  return needsNewLook(knows, end, now) ? lookForOthers(knows, end) : ended(knows, end, now, policy)
}

function ended(knows: RunKnowledge, end: End, now: Now, policy: RunPolicy): Next {
  const { record } = knows
  // A late proof is written first, because a caller that gets it may rely on it even if the process dies now.
  if (knows.proof === 'late' && record?.state === 'succeeded')
    return follow(knows, { decision: 'keep', after: { decision: 'finish', end, isHonest: false } })
  // A proof that came in while the run was ending still counts.
  const isBetter = isProven(knows) && end.kind === 'stopped' && end.outcome !== 'executed'
  const last = ofThisLook(knows, isBetter ? settledEnd(knows, now, policy) : end, policy)
  return next(knows, { name: 'ended', end: last }, { do: 'end', end: last })
}
