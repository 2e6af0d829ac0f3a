import { whyNotSent } from '../answers/not-sent.ts'
import { reasonOfCut, suspected } from './flight.ts'
import { claimLost, holdsLease, isStillOwn, onCourse } from './knowledge.ts'
import { observeRefusal } from './learning.ts'
import { configured, settledEnd, stopped, storeEnd } from './make-end.ts'
import type { Next } from './next.ts'
import { first, follow, letGo, announce, turn } from './next.ts'
import type { Command } from './run-commands.ts'
import type { CarryFailure, Now, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import { afterDisagreement } from './run-progress.ts'
import type { AttemptEnd, FlightState, GateRefusal, NotSent, RunKnowledge } from './run-state.ts'

/* How an attempt ends, and what follows. */

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>

/** The attempt is over. Only late answers can still come of it. */
export function landed(
  before: RunKnowledge,
  flight: FlightState,
  { foreignHeads, failure }: EventOf<'landed'>,
  now: Now,
  policy: RunPolicy,
): Next {
  const [judged, , commands] = suspected(before, flight, foreignHeads, now, policy)
  const { came, knows, more } = conclusion(judged, flight, failure, now, policy)
  const after = follow(knows, { decision: 'keep', after: { decision: 'flown', came } })
  return commands.length + more.length === 0 ? after : first([...commands, ...more], after)
}

const OBSERVED: AttemptEnd = { kind: 'observed' }
const NOTHING: readonly Command[] = []

function conclusion(
  before: RunKnowledge,
  flight: FlightState,
  failure: CarryFailure | undefined,
  now: Now,
  policy: RunPolicy,
): { readonly came: AttemptEnd; readonly knows: RunKnowledge; readonly more: readonly Command[] } {
  if (flight.observed > 0 && flight.refusal === undefined)
    return { came: OBSERVED, knows: before, more: NOTHING }
  if (failure?.mistake !== undefined)
    return { came: { kind: 'mistaken', mistake: failure.mistake }, knows: before, more: [] }
  const refusal = flight.refusal ?? { kind: withoutGate(flight, failure) }
  const { kind: reason } = refusal
  const isOfLayer = reason === 'hook-failed' || reason === 'signal-fired'
  const knows = failure !== undefined && isOfLayer ? { ...before, lastCause: failure.cause } : before
  if ((reason === 'timeout' || isOfLayer) && flight.observed === 0) {
    const option = reason === 'hook-failed' ? failure?.option : undefined
    const told = observeRefusal(knows, { kind: 'refusal', reason, option }, flight.as, now, policy)
    return { came: OBSERVED, knows: told.knows, more: told.commands }
  }
  return { came: { kind: 'refused', refusal }, knows, more: [] }
}

/** The http layer ended without coming to the gate: a hook hung, threw, or answered in the server's place. */
function withoutGate(flight: FlightState, failure: CarryFailure | undefined): GateRefusal {
  return reasonOfCut(flight) ?? (failure === undefined ? 'answered-by-hook' : 'hook-failed')
}

/** The result of the attempt is written down, and the run goes on or ends. */
export function flown(knows: RunKnowledge, came: AttemptEnd, now: Now, policy: RunPolicy): Next {
  const { record, mistake } = knows
  if (mistake !== undefined && record?.state !== 'succeeded')
    return letGo(knows, configured(knows, mistake, now, policy))
  switch (came.kind) {
    case 'observed': {
      // The usual end needs no other turn: the operation is executed, and its result is here.
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
      return afterRefusal(knows, came.refusal, now, policy)
    default:
      return came satisfies never
  }
}

/** Nothing was sent, for a reason that an immediate retry would not change. */
function afterRefusal(knows: RunKnowledge, refusal: NotSent, now: Now, policy: RunPolicy): Next {
  const end = (code: 'scope-changed' | 'configuration', why: string) =>
    letGo(knows, stopped(knows, code, why, now, policy))
  switch (refusal.kind) {
    case 'claim-lost':
      // Another write came before the attempt and took nothing from this run. The next attempt is written on top of
      // that.
      if (isStillOwn(knows, policy) && holdsLease(knows, now)) return turn(knows)
      return knows.holding ? turn(claimLost(knows), announce({ type: 'claim-lost' })) : turn(knows)
    case 'store-failed':
      return letGo(knows, storeEnd(knows, refusal.fault, now, policy))
    case 'scope-changed':
      return end('scope-changed', 'another user is logged in now')
    case 'answered-by-hook':
      return end(
        'configuration',
        'http.hooks: a hook answered in the place of the server, and its answer says nothing of the operation',
      )
    case 'offline':
      return follow(knows, { decision: 'wait-online' })
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
    case 'signal-fired':
    case 'timeout':
      // The plan and the gate disagree because something changed between them. The run plans again, with one turn
      // fewer.
      return turn(
        onCourse(knows, { progress: afterDisagreement(knows.course.progress, whyNotSent(refusal.kind)) }),
      )
    default:
      return refusal satisfies never
  }
}
