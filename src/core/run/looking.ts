import type { OpenRecord, SucceededRecord } from '../record/operation-record.ts'
import { compareBytes } from '../record/same-payload.ts'
import { isOpen, lineAfter } from '../record/operation-record.ts'
import { newRecord } from '../record/new-record.ts'
import { factOf, transition } from '../record/transition.ts'
import type { Found, Seeker } from './finding.ts'
import { find, isRemembered } from './finding.ts'
import {
  inHand,
  isClaimable,
  isProven,
  leased,
  newLeasing,
  remainingMs,
  takeStored,
  withRecord,
  onCourse,
} from './knowledge.ts'
import { settledEnd, stopCode, stopReason, stopped, storeEnd } from './make-end.ts'
import { outcomeForOthers } from './run-outcome.ts'
import type { Next } from './next.ts'
import { first, follow, letGo, next, show, announce, turn } from './next.ts'
import type { Now, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { RunActivity, RunKnowledge } from './run-state.ts'
import type { StoreFault } from './store-look.ts'

/*
 * How a run comes to hold its operation: it reads what is stored and does what follows from that (finding.ts), until it
 * holds the operation or has an end without holding it.
 *
 *   looking --> making-key --> (holds a generation that no other runner can see yet)
 *           --> comparing-bytes --> claiming --> (holds the record)
 *           --> waiting-for-other --> looking
 *           --> an end
 */

type Held<Name extends RunActivity['name']> = Extract<RunActivity, { name: Name }>
type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>

/** The first and the longest pause between two looks at another runner's work, ms. */
const FIRST_LOOK_MS = 50
const LAST_LOOK_MS = 1_000

const READ = { do: 'read' } as const

/** Reads what is stored of the operation. `looks` counts the reads before this one. */
export function look(knows: RunKnowledge, looks: number): Next {
  const looking = { name: 'looking', looks } as const
  return looks === 0 ? next(knows, looking, show('claiming'), READ) : next(knows, looking, READ)
}

/** Decides what follows from the stored record. */
export function found(
  before: RunKnowledge,
  { looks }: Held<'looking'>,
  { heard }: EventOf<'read'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const record = inHand({ record: before.record, heard })
  // machine.ts has already noted what was read.
  const read: RunKnowledge = { ...withRecord(before, record), isStoreRead: true }
  // If a proof came in meanwhile, only the proof is left to write down.
  if (isProven(read)) return turn(read)
  const what = find(record, seekerOf(read, before, looks, now, policy))
  const isSeen = record !== undefined && isOpen(record) && what.kind !== 'dropped'
  const knows = isSeen ? { ...read, seen: record } : read
  // Callers that watch this run see what is stored, and how another runner gets on.
  const isOther = record?.updatedAt !== before.record?.updatedAt
  const after = afterFinding(knows, what, looks, now, policy)
  return isOther ? first([show('claiming')], after) : after
}

function afterFinding(knows: RunKnowledge, what: Found, looks: number, now: Now, policy: RunPolicy): Next {
  switch (what.kind) {
    case 'begin':
      return next(
        knows,
        { name: 'making-key', after: what.after },
        { do: 'make-key', generation: (what.after?.generation ?? 0) + 1 },
      )
    case 'claim':
      return policy.payload === undefined
        ? claim(knows, what.record, looks, now, policy)
        : next(
            knows,
            { name: 'comparing-bytes', record: what.record, looks },
            { do: 'compare-bytes', key: what.record.key },
          )
    case 'wait':
      return waitForOther({ ...knows, recalled: true }, looks, now)
    case 'settled':
      return knows.record?.state === 'succeeded'
        ? recall(knows, knows.record, 'ends', now, policy)
        : letGo(knows, settledEnd(knows, now, policy))
    case 'ask-for-result':
      return recall(knows, what.record, 'asks', now, policy)
    case 'dropped': {
      const about = withRecord(knows, what.about)
      const end = stopped(about, 'forgotten', what.reason, now, policy)
      return letGo(about, { ...end, outcome: 'unknown' })
    }
    case 'mismatch':
      return letGo(knows, stopped(knows, 'payload-mismatch', what.reason, now, policy, what))
    case 'sealed':
      return letGo(knows, stopped(knows, 'sealed', what.reason, now, policy))
    case 'unresolved':
      return letGo(knows, stopped(knows, 'unresolved', what.reason, now, policy, what))
    case 'stopped': {
      const reason = knows.stop === 'closed' ? stopReason('closed') : what.reason
      const end = stopped(knows, stopCode(knows.stop ?? 'aborted'), reason, now, policy)
      return letGo(knows, { ...end, outcome: outcomeForOthers(end.outcome, knows, policy.runner) })
    }
    default:
      return what satisfies never
  }
}

function seekerOf(
  knows: RunKnowledge,
  before: RunKnowledge,
  looks: number,
  now: Now,
  policy: RunPolicy,
): Seeker {
  const { course, heard } = knows
  return {
    mode: policy.mode,
    fingerprint: policy.payload?.fingerprint,
    target: policy.payload?.target,
    before: before.record,
    seen: knows.seen,
    hasActed: course.isNext || course.progress.turns > 0 || course.progress.asks > 0,
    begunGeneration: knows.begunGeneration,
    looks,
    isStopped: knows.stop !== undefined,
    nowAt: now.wallAt,
    remainingMs: remainingMs(knows, now),
    isFree: heard.stored !== undefined && isOpen(heard.stored) && isClaimable(heard.stored, now, policy),
    rememberMs: policy.rememberMs,
    hasStatus: policy.hasStatus,
  }
}

/** Waits for news of another runner, at most until the next look. */
function waitForOther(knows: RunKnowledge, looks: number, now: Now): Next {
  const growing = FIRST_LOOK_MS * 2 ** Math.min(looks, 10)
  const delayMs = Math.min(LAST_LOOK_MS, growing, Math.max(1, remainingMs(knows, now)))
  return next(knows, { name: 'waiting-for-other', looks }, { do: 'wait-for-other', delayMs })
}

/** Begins the first or the next generation with a fresh key, in memory until the write-ahead. */
export function keyed(
  before: RunKnowledge,
  { after }: Held<'making-key'>,
  { key, bodyHash, target, request }: EventOf<'keyed'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const { payload } = policy
  if (payload === undefined) throw new Error('who begins an operation has its request')
  if (isProven(before)) return turn(before)
  const generation = (after?.generation ?? 0) + 1
  const record = newRecord({
    v: 1,
    scope: policy.identity.scope,
    name: policy.identity.name,
    id: policy.identity.id,
    generation,
    key,
    line: lineAfter(after),
    fingerprint: payload.fingerprint,
    bodyHash,
    target: target ?? payload.target,
    at: now.wallAt,
    request,
  })
  const knows = withRecord(before, record)
  return turn({ ...knows, begunGeneration: generation, lease: undefined, holding: true, recalled: false })
}

/**
 * Compares the bytes before the claim: what was sent before may have been other bytes, and a server that compares bytes
 * would refuse these.
 */
export function compared(
  knows: RunKnowledge,
  { record, looks }: Held<'comparing-bytes'>,
  { bodyHash }: EventOf<'compared'>,
  now: Now,
  policy: RunPolicy,
): Next {
  if (isProven(knows)) return turn(knows)
  switch (compareBytes(record.bodyHash, bodyHash, policy.comparesBytes)) {
    case 'same':
      return claim(knows, record, looks, now, policy)
    case 'changed':
      return first([announce({ type: 'bytes-changed' })], claim(knows, record, looks, now, policy))
    case 'refused': {
      const unfit = 'the bytes of the request have changed, and the server compares bytes'
      return claim(onCourse(knows, { unfit }), record, looks, now, policy)
    }
  }
}

/** Claims an open record for this runner. The store's compare-and-set decides who gets the record. */
function claim(knows: RunKnowledge, record: OpenRecord, looks: number, now: Now, policy: RunPolicy): Next {
  const leasing = newLeasing(now, policy)
  const claimed = transition(record, { kind: 'claim', lease: leasing.lease }, now.wallAt)
  return next(
    { ...knows, writingSince: now.nowAt },
    { name: 'claiming', record, looks, leasing },
    { do: 'write', record: claimed },
  )
}

export function claimWritten(
  before: RunKnowledge,
  { record, leasing }: Held<'claiming'>,
  { record: written }: EventOf<'written'>,
  policy: RunPolicy,
): Next {
  const knows = leased(withRecord(before, written), leasing, policy)
  const previous = record.lease
  const isTakenOver = previous !== undefined && previous.runner !== policy.runner
  return first(
    [
      isTakenOver
        ? announce({ type: 'taken-over', from: previous.runner, fromTrace: previous.trace })
        : undefined,
      announce({ type: 'claimed', generation: written.generation }),
    ],
    turn({ ...knows, holding: true, begunGeneration: written.generation, recalled: false }),
  )
}

export function claimRaced(before: RunKnowledge, { looks }: Held<'claiming'>): Next {
  return follow(takeStored(before), { decision: 'look', looks: looks + 1 })
}

export function claimFailed(knows: RunKnowledge, fault: StoreFault, now: Now, policy: RunPolicy): Next {
  return first(
    [announce({ type: 'store-failed', doing: 'claim', cause: fault.told })],
    letGo(knows, storeEnd(knows, fault, now, policy)),
  )
}

/** The operation was executed before this run did anything: returns its result again, if that is still remembered. */
function recall(
  before: RunKnowledge,
  record: SucceededRecord,
  goesOn: 'asks' | 'ends',
  now: Now,
  policy: RunPolicy,
): Next {
  const knows = { ...before, recalled: true }
  const facts = { nowAt: now.wallAt, rememberMs: policy.rememberMs }
  if (isRemembered(record, facts)) return recalled(knows, goesOn, now, policy)
  if (record.result === undefined) return recalled(withRecord(knows, record), goesOn, now, policy)
  // A result that is no longer remembered leaves the store when a run finds it. If that fails, the next run that finds
  // it tries again.
  return next(knows, { name: 'dropping-result', record, goesOn }, { do: 'write', record: factOf(record) })
}

export function resultDropped(
  before: RunKnowledge,
  { record, goesOn }: Held<'dropping-result'>,
  now: Now,
  policy: RunPolicy,
): Next {
  return recalled(withRecord(before, { ...record, result: undefined }), goesOn, now, policy)
}

function recalled(knows: RunKnowledge, goesOn: 'asks' | 'ends', now: Now, policy: RunPolicy): Next {
  return goesOn === 'asks' ? turn({ ...knows, holding: true }) : letGo(knows, settledEnd(knows, now, policy))
}
