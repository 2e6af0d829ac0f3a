import type { RefusalReason } from '../answers/evidence.ts'
import { isOpen } from '../record/operation-record.ts'
import { transition } from '../record/transition.ts'
import { gateRefusal } from './gate-refusal.ts'
import {
  afterEvent,
  claimLost,
  faultToSend,
  hearsLate,
  holdsLease,
  leased,
  newLeasing,
  remainingMs,
  withRecord,
} from './knowledge.ts'
import { observe, observeRefusal } from './learning.ts'
import { configured, settledEnd, stopped, storeEnd } from './may-be-said.ts'
import type { Next } from './next.ts'
import { first, follow, letGo, next, show, announce, turn } from './next.ts'
import type { Command } from './run-commands.ts'
import type { CarryFailure, Now, ObservedSend, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import { afterPause } from './run-progress.ts'
import type { AttemptEnd, FlightState, RunKnowledge } from './run-state.ts'
import type { StoreFault } from './store-word.ts'

/*
 * One attempt: through the http layer and its hooks, the gate, the network, and back.
 *
 *   with-hooks --at-gate--> writing-ahead --written--> in-the-air --observed--> with-hooks --carried--> landed
 *
 * The gate asks twice: `at-gate` before anything is written, `at-byte` immediately before the byte. The http layer may
 * come to the gate more than once in one attempt (`ky.retry()` after a token refresh), even twice at once: each send has
 * its number, and only one of them is written ahead at a time.
 *
 * A stop cuts the attempt only until the first byte has left: from then on it is read for what it proves. What is over
 * waits for its write: what a write left in the store must not outlive the attempt unseen.
 */

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>
type AtGate = EventOf<'at-gate'>
type WritingAhead = Extract<FlightState['stage'], { name: 'writing-ahead' }>

const WITH_HOOKS: FlightState['stage'] = { name: 'with-hooks' }

/** An attempt begins. */
export function takeOff(knows: RunKnowledge, as: FlightState['as']): Next {
  const flight: FlightState = {
    as,
    stage: WITH_HOOKS,
    atGate: [],
    cutBy: undefined,
    isOver: false,
    observed: 0,
    refusal: undefined,
    fault: undefined,
    last: undefined,
  }
  return flying(knows, flight, show('sending'), { do: 'fly', as })
}

function flying(knows: RunKnowledge, flight: FlightState, ...commands: readonly Command[]): Next {
  return next(knows, { name: 'in-flight', flight }, ...commands)
}

// --- the gate --------------------------------------------------------------------------------------------------

/** A send is at the gate: refused, or written ahead. */
export function atGate(
  before: RunKnowledge,
  flight: FlightState,
  event: AtGate,
  now: Now,
  policy: RunPolicy,
): Next {
  if (flight.stage.name === 'writing-ahead')
    return flying(before, { ...flight, atGate: [...flight.atGate, event] })
  const knows = suspected(before, event.foreignHeads, now, policy)
  const { record } = knows
  const reason = refusalNow(knows, flight, event.isAborted, now, policy)
  if (reason !== undefined || record === undefined)
    return refused(knows, flight, event.send, reason ?? 'attempt-over')
  const leasing = newLeasing(now, policy)
  const stage: WritingAhead = {
    name: 'writing-ahead',
    send: event.send,
    leasing,
    isFirstSend: record.firstSentAt === undefined,
    isFirstWrite: knows.heard.stored?.key !== record.key,
  }
  const written = transition(
    record,
    {
      kind: 'begin',
      at: now.wallAt,
      lease: leasing.lease,
      target: policy.payload?.target,
      serverAt: now.serverAt,
      retentionMs: policy.retentionMs,
      request: event.request,
    },
    now.wallAt,
  )
  return flying(
    { ...knows, writingSince: now.nowAt },
    { ...flight, stage },
    { do: 'restart-timer' },
    { do: 'write', record: written },
  )
}

/** The last check before the byte. What was true before the write may not be true any more. */
export function atByte(
  before: RunKnowledge,
  flight: FlightState,
  { send, hop, foreignHeads, isAborted }: EventOf<'at-byte'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const knows = suspected(before, foreignHeads, now, policy)
  const reason = refusalNow(knows, flight, isAborted, now, policy)
  if (reason === undefined) return flying(knows, flight, { do: 'pass', send })
  // A redirect of what has left stays where it is.
  if (hop) return flying(knows, flight, { do: 'refuse', send, reason })
  const withdrawn = afterEvent(knows, { kind: 'withdraw' }, now, policy)
  return refused(withdrawn, { ...flight, stage: WITH_HOOKS }, send, reason)
}

function refused(knows: RunKnowledge, flight: FlightState, send: number, reason: RefusalReason): Next {
  return flying(knows, { ...flight, refusal: reason }, { do: 'refuse', send, reason })
}

/** What forbids a send now, whatever was planned. */
function refusalNow(
  knows: RunKnowledge,
  flight: FlightState,
  isAborted: boolean,
  now: Now,
  policy: RunPolicy,
): RefusalReason | undefined {
  const cut = reasonOfCut(flight)
  if (cut !== undefined) return cut
  if (flight.isOver || knows.record === undefined) return 'attempt-over'
  const { stop } = knows
  const reason = gateRefusal({
    record: knows.record,
    progress: knows.progress,
    as: flight.as,
    runner: policy.runner,
    stop: stop === undefined || stop === 'closed' ? stop : 'aborted',
    remainingMs: remainingMs(knows, now),
    online: now.online,
    isSameScope: now.isSameScope,
    holds: knows.holding && (knows.lease === undefined || holdsLease(knows, now)),
    isSameTarget: faultToSend(knows, now, policy) === undefined,
    hasOtherBytes: knows.unfit !== undefined,
    horizon: policy,
    clocks: now.clocks,
    honoursKeys: policy.honoursKeys,
    hasStatus: policy.hasStatus,
  })
  // A fetch whose signal has fired sends nothing; after the byte an abort of the http layer's is a doubt.
  return reason ?? (isAborted ? 'hook-failed' : undefined)
}

/** What left beside the gate may have executed. */
function suspected(before: RunKnowledge, foreignHeads: number, now: Now, policy: RunPolicy): RunKnowledge {
  let knows = before
  for (let head = 0; head < foreignHeads; head++) knows = afterEvent(knows, { kind: 'suspect' }, now, policy)
  return knows
}

// --- the write-ahead -------------------------------------------------------------------------------------------

export function aheadWritten(
  before: RunKnowledge,
  flight: FlightState,
  stage: WritingAhead,
  { record, heard }: EventOf<'written'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const { leasing, isFirstSend, isFirstWrite, send } = stage
  const stored = { ...withRecord({ ...before, heard }, record), seen: isOpen(record) ? record : before.seen }
  const knows = leased(stored, leasing, policy)
  const { attempts, generation, key } = record
  const told: readonly (Command | undefined)[] = [
    isFirstSend ? { do: 'date-key', key, at: leasing.begun } : undefined,
    isFirstWrite ? announce({ type: 'claimed', generation }) : undefined,
    announce({ type: 'attempt', attempt: attempts, generation }),
    show('sending'),
  ]
  if (!flight.isOver && flight.cutBy === undefined)
    return first(
      [...told, { do: 'restart-timer' }, { do: 'written-ahead', send }],
      afterAhead(knows, { ...flight, stage: { name: 'in-the-air' } }, now, policy),
    )
  // The attempt was over before its write was: no byte leaves.
  const reason = reasonOfCut(flight) ?? 'attempt-over'
  const withdrawn = afterEvent(knows, { kind: 'withdraw' }, now, policy)
  return first(
    [...told, { do: 'refuse', send, reason }],
    afterAhead(withdrawn, { ...flight, stage: WITH_HOOKS, refusal: reason }, now, policy),
  )
}

export function aheadLost(
  before: RunKnowledge,
  flight: FlightState,
  { send }: WritingAhead,
  now: Now,
  policy: RunPolicy,
): Next {
  return first(
    [announce({ type: 'claim-lost' }), { do: 'refuse', send, reason: 'claim-lost' }],
    afterAhead(claimLost(before), { ...flight, stage: WITH_HOOKS, refusal: 'claim-lost' }, now, policy),
  )
}

export function aheadFailed(
  before: RunKnowledge,
  flight: FlightState,
  { send, leasing }: WritingAhead,
  fault: StoreFault,
  now: Now,
  policy: RunPolicy,
): Next {
  // It may be there unseen: a resume could send it then, and another call have done so while this one waited.
  const isUnsure =
    hearsLate(before, now, leasing.begun.monotonicMs) || (fault.isUnread && policy.persist === 'request')
  const knows = { ...before, isStoreTold: before.isStoreTold && !isUnsure, lastCause: fault.told }
  return first(
    [
      announce({ type: 'store-failed', doing: 'write-ahead', cause: fault.told }),
      { do: 'refuse', send, reason: 'store-failed' },
    ],
    afterAhead(knows, { ...flight, stage: WITH_HOOKS, refusal: 'store-failed', fault }, now, policy),
  )
}

/** The next send that waits at the gate has its turn; an attempt that was over waited for its write. */
function afterAhead(knows: RunKnowledge, flight: FlightState, now: Now, policy: RunPolicy): Next {
  if (flight.isOver) return land(knows, flight)
  const [waiting, ...others] = flight.atGate
  if (waiting === undefined) return flying(knows, flight)
  return atGate(knows, { ...flight, atGate: others }, waiting, now, policy)
}

// --- its end ---------------------------------------------------------------------------------------------------

/** What came of one send. */
export function observed(
  before: RunKnowledge,
  flight: FlightState,
  event: ObservedSend,
  now: Now,
  policy: RunPolicy,
): Next {
  const knows = suspected(before, event.foreignHeads, now, policy)
  const { record, progress } = knows
  if (record === undefined) throw new Error('an attempt was observed without a record')
  const { knows: learnt, commands, verdict } = observe(knows, event, flight.as, now, policy)
  const stage = flight.stage.name === 'in-the-air' ? WITH_HOOKS : flight.stage
  const seen: FlightState = {
    ...flight,
    stage,
    observed: flight.observed + 1,
    last: { observed: event, record, progress },
  }
  // Nothing that hooks might still do can add to a proof of execution, and nothing may delay it.
  const isProof = verdict.kind === 'succeeded' && !seen.isOver
  return first(commands, isProof ? over(learnt, seen) : flying(learnt, seen))
}

/** The attempt's time is up, or the run is to stop before the first byte. */
export function cutOff(knows: RunKnowledge, flight: FlightState, by: 'timeout' | 'stop'): Next {
  if (flight.isOver) return flying(knows, flight)
  return first([{ do: 'cut', by }], over(knows, { ...flight, cutBy: flight.cutBy ?? by }))
}

/** The run is asked to stop: what is in the air is read on. */
export function stopInFlight(knows: RunKnowledge, flight: FlightState): Next {
  return flight.stage.name === 'in-the-air' ? flying(knows, flight) : cutOff(knows, flight, 'stop')
}

/** The http layer is done with it. */
export function carried(knows: RunKnowledge, flight: FlightState): Next {
  return flight.isOver ? flying(knows, flight) : over(knows, flight)
}

function over(knows: RunKnowledge, flight: FlightState): Next {
  const ended = { ...flight, isOver: true }
  return flight.stage.name === 'writing-ahead' ? flying(knows, ended) : land(knows, ended)
}

/** What is still in the air is given up; then all is told that is known of the attempt. */
function land(knows: RunKnowledge, flight: FlightState): Next {
  const waiting = flight.atGate.map(({ send }): Command => ({ do: 'refuse', send, reason: 'attempt-over' }))
  const cut: readonly Command[] =
    flight.stage.name === 'in-the-air' ? [{ do: 'cut', by: flight.cutBy ?? 'timeout' }] : []
  return flying(knows, { ...flight, atGate: [] }, ...waiting, ...cut, { do: 'land' })
}

/** Nothing more comes of the attempt but late answers. */
export function landed(
  before: RunKnowledge,
  flight: FlightState,
  { foreignHeads, failure }: EventOf<'landed'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const [judged, commands] = judgedAnew(before, flight, foreignHeads, now, policy)
  const { came, knows, more } = conclusion(judged, flight, failure, now, policy)
  return first([...commands, ...more], follow(knows, { then: 'keep', after: { then: 'flown', came } }))
}

/** A refusal that seemed to settle the key is judged anew where more was sent than passed the gate. */
function judgedAnew(
  before: RunKnowledge,
  { last, as }: FlightState,
  foreignHeads: number,
  now: Now,
  policy: RunPolicy,
): readonly [RunKnowledge, readonly Command[]] {
  const refusal = foreignHeads > 0 && before.record?.state === 'failed' ? last : undefined
  if (refusal === undefined) return [suspected(before, foreignHeads, now, policy), []]
  const { record, progress } = refusal
  const knows = suspected({ ...before, record, progress }, foreignHeads, now, policy)
  const again = observe(knows, refusal.observed, as, now, policy)
  return [again.knows, again.commands]
}

function conclusion(
  before: RunKnowledge,
  flight: FlightState,
  failure: CarryFailure | undefined,
  now: Now,
  policy: RunPolicy,
): { readonly came: AttemptEnd; readonly knows: RunKnowledge; readonly more: readonly Command[] } {
  const observedAll: AttemptEnd = { kind: 'observed' }
  if (flight.observed > 0 && flight.refusal === undefined)
    return { came: observedAll, knows: before, more: [] }
  if (failure?.mistake !== undefined)
    return { came: { kind: 'mistaken', mistake: failure.mistake }, knows: before, more: [] }
  const reason = flight.refusal ?? withoutGate(flight, failure)
  const knows =
    failure !== undefined && reason === 'hook-failed' ? { ...before, lastCause: failure.cause } : before
  if ((reason === 'timeout' || reason === 'hook-failed') && flight.observed === 0) {
    const told = observeRefusal(knows, reason, flight.as, now, policy)
    return { came: observedAll, knows: told.knows, more: told.commands }
  }
  return { came: { kind: 'refused', reason, fault: flight.fault }, knows, more: [] }
}

/** The http layer ended without the gate: a hook hung, threw, or answered in the server's place. */
function withoutGate(flight: FlightState, failure: CarryFailure | undefined): RefusalReason {
  return reasonOfCut(flight) ?? (failure === undefined ? 'answered-by-hook' : 'hook-failed')
}

function reasonOfCut({ cutBy }: FlightState): RefusalReason | undefined {
  if (cutBy === undefined) return undefined
  return cutBy === 'timeout' ? 'timeout' : 'aborted'
}

/** What the attempt came to is written down: the run goes on, or ends. */
export function flown(knows: RunKnowledge, came: AttemptEnd, now: Now, policy: RunPolicy): Next {
  const { record, mistake } = knows
  if (mistake !== undefined && record?.state !== 'succeeded')
    return letGo(knows, configured(knows, mistake, now, policy))
  switch (came.kind) {
    case 'observed': {
      // The common end, without another turn: executed, and its result is here.
      const isDone =
        knows.holding &&
        knows.stop === undefined &&
        record?.state === 'succeeded' &&
        record.result !== undefined
      return isDone ? letGo(knows, settledEnd(knows, now, policy)) : turn(knows)
    }
    case 'mistaken':
      return letGo(knows, configured(knows, came.mistake, now, policy))
    case 'refused':
      return afterRefusal(knows, came.reason, came.fault, now, policy)
    default:
      return came satisfies never
  }
}

/** Nothing was sent, for a reason that trying again at once would not change. */
function afterRefusal(
  knows: RunKnowledge,
  reason: RefusalReason,
  fault: StoreFault | undefined,
  now: Now,
  policy: RunPolicy,
): Next {
  const end = (code: 'scope-changed' | 'configuration', why: string) =>
    letGo(knows, stopped(knows, code, why, now, policy))
  switch (reason) {
    case 'claim-lost':
      return knows.holding ? turn(claimLost(knows), announce({ type: 'claim-lost' })) : turn(knows)
    case 'store-failed':
      if (fault === undefined) throw new Error('a store that failed says with what')
      return letGo(knows, storeEnd(knows, fault, now, policy))
    case 'scope-changed':
      return end('scope-changed', 'another user is logged in now')
    case 'answered-by-hook':
      return end(
        'configuration',
        'http.hooks: a hook answered in the place of the server, and its answer says nothing of the operation',
      )
    case 'offline':
      return follow(knows, { then: 'wait-online' })
    case 'aborted':
    case 'closed':
    case 'deadline':
      return turn(knows)
    case 'attempt-over':
    case 'hook-failed':
    case 'key-expired':
    case 'key-not-honoured':
    case 'other-target':
    case 'settled':
    case 'timeout': {
      // The plan and the gate disagree, because something changed between them: plan anew, with a turn less.
      const progress = {
        ...afterPause(knows.progress, 'spends-turn'),
        rested: false,
        last: { kind: 'not-sent' as const, reason: `the gate refused: ${reason}` },
      }
      return turn({ ...knows, progress })
    }
    default:
      return reason satisfies never
  }
}
