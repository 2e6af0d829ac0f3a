import { doubted, flying, land, reasonOfCut, suspected, WITH_HOOKS } from './flight.ts'
import { isOpen } from '../record/operation-record.ts'
import { transition } from '../record/transition.ts'
import { gateRefusal } from './gate-refusal.ts'
import {
  afterEvent,
  claimLost,
  faultToSend,
  isLookOld,
  isRunOut,
  isStillOwn,
  holdsLease,
  leased,
  newLeasing,
  remainingMs,
  withRecord,
} from './knowledge.ts'
import type { Next } from './next.ts'
import { first, show, announce } from './next.ts'
import type { Command } from './run-commands.ts'
import type { Now, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { FlightState, GateRefusal, RunKnowledge } from './run-state.ts'
import type { StoreFault } from './store-look.ts'

/* A send at the gate: the first check, the write-ahead, and the last check before the byte. */

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>
type AtGate = EventOf<'at-gate'>
type WritingAhead = Extract<FlightState['stage'], { name: 'writing-ahead' }>

const IN_THE_AIR: FlightState['stage'] = { name: 'in-the-air' }

/** Refuses a send that has come to the gate, or writes it ahead. */
export function atGate(
  before: RunKnowledge,
  then: FlightState,
  event: AtGate,
  now: Now,
  policy: RunPolicy,
): Next {
  const [knows, flight, doubts] = suspected(before, then, event.foreignHeads, now, policy)
  if (flight.stage.name === 'writing-ahead') {
    const waiting = [...flight.atGate, { ...event, foreignHeads: 0 }]
    return flying(knows, { ...flight, atGate: waiting }, ...doubts)
  }
  const { record } = knows
  const reason = refusalNow(knows, flight, event.isAborted, now, policy)
  if (reason !== undefined || record === undefined)
    return first(doubts, refused(knows, flight, event.send, reason ?? 'attempt-over'))
  const leasing = newLeasing(now, policy)
  const stage: WritingAhead = {
    name: 'writing-ahead',
    send: event.send,
    leasing,
    isFirstSend: record.firstSentAt === undefined,
    isFirstWrite: knows.heard.stored?.key !== record.key,
    foreignHeads: 0,
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
    ...doubts,
    { do: 'restart-timer' },
    { do: 'write', record: written },
  )
}

/** The last check before the byte. What was true before the write may have changed. */
export function atByte(
  before: RunKnowledge,
  then: FlightState,
  { send, hop, foreignHeads, isAborted }: EventOf<'at-byte'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const [knows, flight, doubts] = suspected(before, then, foreignHeads, now, policy)
  const reason = refusalNow(knows, flight, isAborted, now, policy)
  if (reason === undefined) return flying(knows, flight, ...doubts, { do: 'pass', send })
  // A refused redirect takes nothing back, because the request itself has already left.
  if (hop) return flying(knows, flight, ...doubts, { do: 'refuse', send, reason })
  const withdrawn = afterEvent(knows, { kind: 'withdraw' }, now, policy)
  // Another send of the attempt may be written ahead by now. Its write goes on.
  const stage = flight.stage.name === 'writing-ahead' ? flight.stage : WITH_HOOKS
  return first(doubts, refused(withdrawn, { ...flight, stage }, send, reason))
}

function refused(knows: RunKnowledge, flight: FlightState, send: number, reason: GateRefusal): Next {
  return flying(knows, { ...flight, refusal: { kind: reason } }, { do: 'refuse', send, reason })
}

/** What forbids a send now, whatever was planned. */
function refusalNow(
  knows: RunKnowledge,
  flight: FlightState,
  isAborted: boolean,
  now: Now,
  policy: RunPolicy,
): GateRefusal | undefined {
  const cut = reasonOfCut(flight)
  if (cut !== undefined) return cut
  if (flight.isOver || knows.record === undefined) return 'attempt-over'
  const { stop } = knows
  const reason = gateRefusal({
    record: knows.record,
    progress: knows.course.progress,
    as: flight.as,
    runner: policy.runner,
    stop: stop === undefined || stop === 'closed' ? stop : 'aborted',
    remainingMs: remainingMs(knows, now),
    isHeldOffline: !now.online && !flight.isDespiteHint,
    isSameScope: now.isSameScope,
    holds: knows.holding && (knows.lease === undefined || holdsLease(knows, now)),
    isSameTarget: faultToSend(knows, now, policy) === undefined,
    hasOtherBytes: knows.course.unfit !== undefined,
    horizon: policy,
    clocks: now.clocks,
    honoursKeys: policy.honoursKeys,
    hasStatus: policy.hasStatus,
  })
  // A fetch whose signal has fired sends nothing. After the byte has left, an abort by the http layer is a doubt.
  return reason ?? (isAborted ? 'signal-fired' : undefined)
}

export function aheadWritten(
  before: RunKnowledge,
  flight: FlightState,
  stage: WritingAhead,
  { record }: EventOf<'written'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const { leasing, isFirstSend, isFirstWrite, send, foreignHeads } = stage
  const written = withRecord(before, record)
  const stored = isOpen(record) ? { ...written, seen: record } : written
  const knows = leased(doubted(stored, flight, foreignHeads, now, policy), leasing, policy)
  const { attempts, generation, key } = record
  const commands: Command[] = []
  if (isFirstSend) commands.push({ do: 'date-key', key, at: leasing.begun })
  if (isFirstWrite) commands.push(announce({ type: 'claimed', generation }))
  commands.push(announce({ type: 'attempt', attempt: attempts, generation }), show('sending'))
  if (!flight.isOver && flight.cutBy === undefined) {
    commands.push({ do: 'restart-timer' }, { do: 'written-ahead', send })
    return first(commands, afterAhead(knows, { ...flight, stage: IN_THE_AIR }, now, policy))
  }
  // The attempt was over before its write was, so no byte leaves.
  const reason = reasonOfCut(flight) ?? 'attempt-over'
  const withdrawn = afterEvent(knows, { kind: 'withdraw' }, now, policy)
  commands.push({ do: 'refuse', send, reason })
  return first(
    commands,
    afterAhead(withdrawn, { ...flight, stage: WITH_HOOKS, refusal: { kind: reason } }, now, policy),
  )
}

export function aheadLost(
  before: RunKnowledge,
  flight: FlightState,
  { send }: WritingAhead,
  now: Now,
  policy: RunPolicy,
): Next {
  const isLost = !isStillOwn(before, policy)
  const refusal = { kind: 'claim-lost' } as const
  return first(
    [isLost ? announce({ type: 'claim-lost' }) : undefined, { do: 'refuse', send, reason: refusal.kind }],
    afterAhead(isLost ? claimLost(before) : before, { ...flight, stage: WITH_HOOKS, refusal }, now, policy),
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
  // The write may have arrived unseen. Then a `resume` could send the request, and another call may have sent it while
  // this one waited.
  const isUnsure =
    isLookOld(before, now, leasing.begun.monotonicMs) || (fault.isUnread && policy.persist === 'request')
  const knows = {
    ...before,
    isStoreRead: before.isStoreRead && !isUnsure,
    mayBeTaken: before.mayBeTaken || isRunOut(leasing, now, policy),
    lastCause: fault.told,
  }
  return first(
    [
      announce({ type: 'store-failed', doing: 'write-ahead', cause: fault.told }),
      { do: 'refuse', send, reason: 'store-failed' },
    ],
    afterAhead(
      knows,
      { ...flight, stage: WITH_HOOKS, refusal: { kind: 'store-failed', fault } },
      now,
      policy,
    ),
  )
}

/**
 * Gives the next send that waits at the gate its turn, or lands an attempt that was over and only waited for its write.
 */
function afterAhead(knows: RunKnowledge, flight: FlightState, now: Now, policy: RunPolicy): Next {
  if (flight.isOver) return land(knows, flight)
  const [waiting, ...others] = flight.atGate
  if (waiting === undefined) return flying(knows, flight)
  const after = atGate(knows, { ...flight, atGate: others }, waiting, now, policy)
  const isRefused = after.does?.name === 'in-flight' && after.does.flight.stage.name !== 'writing-ahead'
  // A refusal takes no time, so the send after it has its turn at once.
  return isRefused ? first(after.commands, afterAhead(after.knows, after.does.flight, now, policy)) : after
}
