import { whyExpired } from '../record/key-horizon.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'
import { keepsRequest, mayBeSaid } from '../record/may-be-said.ts'
import { mayHaveExecuted, outcomeOf } from '../record/outcome.ts'
import { isSameTarget, targetFault } from '../record/target-fault.ts'
import { closedUnsent, isTombstone, neverSent } from '../record/tombstone.ts'
import { transition } from '../record/transition.ts'
import type { End, StoppedEnd } from '../run/end.ts'
import { isSameWriter } from '../record/own-write.ts'
import { unsure } from '../run/make-end.ts'
import { needsNewLook } from '../run/run-outcome.ts'
import { adviceInDoubt } from '../run/advice-in-doubt.ts'
import { isAskedForTime } from '../run/next-step.ts'
import { startOfRun } from '../run/run-progress.ts'
import type { StoreFault, StoreLook } from '../run/store-look.ts'
import { codeOfFault } from '../run/store-look.ts'
import type {
  CancelActivity,
  CancelReply,
  CancelCommand,
  CancelEvent,
  CancelFacts,
  CancelState,
  CancelStep,
} from './cancel-state.ts'

/*
 * The course of one `cancel`. A cancel claims nothing, so a run may be at work on the operation all the while, here or
 * elsewhere.
 *
 *   looking --> stopping-run (nothing is stored: a run here may be about to begin)
 *      |             |
 *      +--> taking-the-place <--+   if nothing is stored yet: a run elsewhere finds the record, and sends nothing
 *                |
 *                +--> closing   nothing of it ever left, and nobody holds it: the store alone ends it, whatever the account
 *                +--> ended     settled; aborted; another account's key; a key that is too old
 *                +--> asking    the server is to refuse the key
 *                        +--> keeping          refused from now on, or executed: written if the key is still stored
 *                        +--> keeping-at-work  too late to know
 *                        +--> looking-after    nothing clear: asking took time, in which a run may have come and gone
 *
 * A "not executed" that rests on an old look goes through `looking-again` first.
 */

const NOTHING_SEEN: StoreLook = {
  stored: undefined,
  since: { nowAt: Number.NEGATIVE_INFINITY, monotonicMs: Number.NEGATIVE_INFINITY },
}

export const beginCancel: CancelStep = [{ does: { name: 'looking' }, look: NOTHING_SEEN }, { do: 'read' }]

export function cancelStep(state: CancelState, event: CancelEvent, facts: CancelFacts): CancelStep {
  if (event.type === 'store-failed') return storeFailed(state, event.fault, facts)
  const look = event.type === 'seen' ? event.look : state.look
  const { does } = state
  switch (does.name) {
    case 'looking':
      return isVacant(look.stored)
        ? [{ does: { name: 'stopping-run' }, look }, { do: 'stop-run' }]
        : takePlace(look, facts)
    case 'stopping-run':
      return takePlace(look, facts)
    case 'taking-the-place':
      return placed(look, facts)
    case 'closing':
      return closed(look, facts)
    case 'asking':
      if (event.type !== 'answered') throw new Error(`${event.type} is no answer to a cancel`)
      return answered(look, does.record, event.came, facts)
    case 'keeping':
      return kept(look, does, facts)
    case 'keeping-at-work':
      return atWork(look, does.record, facts)
    case 'looking-after':
      return askedInVain(look, does.why, facts)
    case 'looking-again':
      return lookedAgain(look, does, facts)
    case 'ended':
      throw new Error(`a cancel that has ended takes no ${event.type}`)
    default:
      return does satisfies never
  }
}

/** Nothing is stored, or only what `forget` left. */
function isVacant(record: OperationRecord | undefined): boolean {
  return record === undefined || isTombstone(record)
}

/**
 * Takes the place of a record that a run in another process may be about to write ahead. That run finds this one
 * instead.
 */
function takePlace(look: StoreLook, { identity, wallAt }: CancelFacts): CancelStep {
  const change = (stored: OperationRecord | undefined) =>
    isVacant(stored) ? neverSent(stored, identity, wallAt) : undefined
  return [
    { does: { name: 'taking-the-place' }, look },
    { do: 'change', change },
  ]
}

/** Decides by what is stored. The server is asked only if the answer can be a proof. */
function placed(look: StoreLook, facts: CancelFacts): CancelStep {
  const { stored: record } = look
  if (record === undefined) throw new Error('what was cancelled is stored')
  if (!isOpen(record)) return said(look, settled(record, 'as-stored'), facts)
  if (!facts.isAborted && isUnsent(record, facts)) return close(look, record, facts)
  const why = whyNotAsked(record, facts)
  if (why !== undefined) return said(look, stopped(look, why, facts), facts)
  return [{ does: { name: 'asking', record }, look }, { do: 'ask' }]
}

/**
 * Whether no attempt with the key has left, and nobody is about to make one. Another runner may take the operation up
 * for another account. A server that is asked under this account would then seal a key that is used under the other
 * one.
 */
function isUnsent(record: OperationRecord, facts: CancelFacts): boolean {
  const isHeld = facts.isRunning || (isOpen(record) && !facts.isFree(record.lease))
  return isOpen(record) && record.sent === 0 && !mayHaveExecuted(record) && !isHeld
}

/**
 * Closes the record. A runner that then writes its first attempt ahead finds this, and sends nothing. If the attempt
 * was written first, its record stays.
 */
function close(look: StoreLook, record: OperationRecord, facts: CancelFacts): CancelStep {
  const change = (stored: OperationRecord | undefined) =>
    stored?.key === record.key && isUnsent(stored, facts) ? closedUnsent(stored, facts.wallAt) : undefined
  return [
    { does: { name: 'closing' }, look },
    { do: 'change', change },
  ]
}

/** The operation was closed, taken up meanwhile, or dropped. */
function closed(look: StoreLook, facts: CancelFacts): CancelStep {
  return isVacant(look.stored) ? takePlace(look, facts) : placed(look, facts)
}

type Why = Pick<StoppedEnd, 'code' | 'reason' | 'advice' | 'cause'>

function whyNotAsked(record: OperationRecord, facts: CancelFacts): Why | undefined {
  const { clocks, horizon, hasStatus } = facts
  if (facts.isAborted) return { code: 'aborted', reason: 'the caller aborted' }
  const elsewhere = targetFault(record.target, facts.aim)
  if (elsewhere !== undefined) return { code: 'unresolved', ...elsewhere }
  // A server that has forgotten the key would seal it like one that was never used, and report that to every later ask.
  const expired = mayHaveExecuted(record) ? whyExpired(record, horizon, clocks) : undefined
  if (expired !== undefined)
    return {
      code: 'key-expired',
      reason: `a cancel proves nothing, because the server may have forgotten the key${expired}`,
    }
  if (isAskedForTime(record, startOfRun, { hasStatus, horizon }, clocks))
    return {
      code: 'unresolved',
      reason: 'the clocks disagree about how old the key is',
      advice: 'settle-then-cancel',
    }
  return undefined
}

function answered(
  look: StoreLook,
  record: OperationRecord,
  came: CancelReply,
  { isAborted, wallAt }: CancelFacts,
): CancelStep {
  // A key that had not left by then may have been begun for another account meanwhile. Under that account the key is
  // another operation.
  const isAsked = (stored: OperationRecord | undefined): stored is OperationRecord =>
    stored?.key === record.key && isSameTarget(stored.target, record.target)
  switch (came.kind) {
    case 'inconclusive': {
      const why = { code: isAborted ? 'aborted' : 'unresolved', reason: came.reason } as const
      return [{ does: { name: 'looking-after', why }, look }, { do: 'read' }]
    }
    case 'processing': {
      // For any runner at work on the operation, here or elsewhere: after this a "not found" proves nothing.
      const change = (stored: OperationRecord | undefined) =>
        isAsked(stored) && stored.state === 'pending' && mayHaveExecuted(stored)
          ? transition(stored, { kind: 'learn', told: { kind: 'processing' } }, wallAt)
          : undefined
      return [
        { does: { name: 'keeping-at-work', record }, look },
        { do: 'note', change },
      ]
    }
    case 'proof': {
      const { told } = came
      const change = (stored: OperationRecord | undefined) =>
        isAsked(stored) ? transition(stored, { kind: 'learn', told }, wallAt) : undefined
      return [
        { does: { name: 'keeping', record, proof: came }, look },
        { do: 'change', change },
      ]
    }
    default:
      return came satisfies never
  }
}

/** The proof is stored, or another generation has taken its place. */
function kept(
  look: StoreLook,
  { record: asked, proof }: Extract<CancelActivity, { name: 'keeping' }>,
  facts: CancelFacts,
): CancelStep {
  const { stored: record } = look
  if (record?.key !== asked.key)
    return end(
      { stored: asked, since: look.since },
      unknown('forgotten', 'the operation was begun again with a new key before the cancel was stored'),
    )
  // The operation was begun for another account meanwhile, so the key that was sealed is not its key.
  if (isOpen(record)) return placed(look, facts)
  const run = proof.told.kind === 'executed' ? 'looks-again' : 'stops'
  const { mistake } = proof
  if (mistake === undefined) return end(look, settled(record, 'as-stored'), run)
  const why = { code: 'configuration', reason: mistake.message, cause: mistake.cause } as const
  return end(look, stopped(look, why, facts), run)
}

function atWork(look: StoreLook, record: OperationRecord, facts: CancelFacts): CancelStep {
  const about = { stored: record, since: look.since }
  const why = {
    code: 'still-processing',
    reason: 'the server is at work: it is too late to cancel',
  } as const
  return end(about, { ...stopped(about, why, facts), outcome: 'unknown' }, 'looks-again')
}

function askedInVain(look: StoreLook, { code, reason }: Why, facts: CancelFacts): CancelStep {
  const { stored: record } = look
  if (record === undefined || isTombstone(record))
    return end(look, unknown('forgotten', 'the record was dropped meanwhile'))
  if (!isOpen(record)) return said(look, settled(record, 'meanwhile'), facts)
  return said(look, stopped(look, { code, reason, advice: 'cancel-again' }, facts), facts)
}

/** A "not executed" that nobody has proven is reported only after a look of just now. */
function said(look: StoreLook, last: End, facts: CancelFacts): CancelStep {
  const knows = { record: look.stored, lease: undefined, heard: look }
  if (!needsNewLook(knows, last, facts)) return end(look, last)
  return [{ does: { name: 'looking-again', end: last, before: look.stored }, look }, { do: 'read' }]
}

function lookedAgain(
  look: StoreLook,
  { end: last, before }: Extract<CancelActivity, { name: 'looking-again' }>,
  facts: CancelFacts,
): CancelStep {
  const { stored: record } = look
  if (record === undefined || isTombstone(record))
    return end(look, unknown('forgotten', 'the record was dropped meanwhile'))
  if (!isSameWriter(record.writer, before?.writer)) {
    if (record.state === 'succeeded' || (record.state === 'failed' && record.key !== ''))
      return end(look, settled(record, 'meanwhile'))
    return end(look, unknown('unresolved', 'the operation was begun again meanwhile', 'cancel-again'))
  }
  if (!needsNewLook({ record, lease: undefined, heard: look }, last, facts)) return end(look, last)
  const slow = 'the store answers so slowly that the operation may have been begun since it was read'
  return end(look, unknown('unresolved', slow, 'cancel-again'))
}

/** If the store fails, what is known of the operation is what was read before, and that may be old by now. */
function storeFailed({ does, look }: CancelState, fault: StoreFault, facts: CancelFacts): CancelStep {
  // The server's answer counts, stored or not.
  if (does.name === 'keeping-at-work') return atWork(look, does.record, facts)
  const { reason, advice, cause } = fault
  const code = codeOfFault(fault)
  return end(look, unsure({ ...stopped(look, { code, reason, advice }, facts), cause }))
}

/** `meanwhile`: another call or process settled the operation while this cancel asked. */
function settled(record: OperationRecord, by: 'as-stored' | 'meanwhile'): End {
  if (record.state === 'succeeded')
    return { kind: 'executed', record, replayed: by === 'meanwhile' || record.result?.replayed === true }
  if (record.state === 'failed') return { kind: 'failed', record }
  return unknown('unresolved', 'nothing is known of this operation')
}

function stopped(look: StoreLook, why: Why, facts: CancelFacts): StoppedEnd {
  const { stored: record } = look
  const outcome = mayBeSaid(outcomeOf(record), {
    isUnread: false,
    isUnacknowledged: false,
    hasLeftBeside: false,
    // Held by a run here, which may not have written that yet, or by one elsewhere.
    isHeld: record !== undefined && isOpen(record) && (facts.isRunning || !facts.isFree(record.lease)),
    isKept: keepsRequest(record),
    isForgotten: false,
    // `said` looks once more if the look is old.
    isOld: false,
  })
  const advice = why.advice ?? adviceInDoubt({ code: why.code, outcome }, { record, ...facts })
  return { kind: 'stopped', outcome, ...why, advice }
}

function unknown(code: StoppedEnd['code'], reason: string, advice?: StoppedEnd['advice']): StoppedEnd {
  return { kind: 'stopped', outcome: 'unknown', code, reason, advice }
}

function end(
  look: StoreLook,
  last: End,
  run: Extract<CancelCommand, { do: 'end' }>['run'] = 'goes-on',
): CancelStep {
  return [
    { does: { name: 'ended' }, look },
    { do: 'end', end: last, about: look.stored, run },
  ]
}
