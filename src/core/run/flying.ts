import { flying, land, suspected, WITH_HOOKS } from './flight.ts'
import { observe, observeOther } from './learning.ts'
import type { Next } from './next.ts'
import { first, show } from './next.ts'
import type { Now, ObservedSend } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { FlightState, RunKnowledge } from './run-state.ts'

/*
 * One attempt: through the http layer and its hooks, the gate and the network, and back.
 *
 *   with-hooks --at-gate--> writing-ahead --written--> in-the-air --observed--> with-hooks --carried--> landed
 *
 * The gate asks twice: `at-gate` before anything is written, and `at-byte` immediately before the first byte. The http
 * layer may come to the gate several times in one attempt (`ky.retry()` after a token refresh), even twice at once:
 * each send has its number, and only one of them is written ahead at a time.
 *
 * A stop cuts the attempt only until the first byte has left. After that the answer is still read, for what it proves.
 * An attempt that is over waits for a write-ahead that is still under way, so that the run knows what that write leaves
 * in the store.
 */

/** Begins an attempt. */
export function takeOff(knows: RunKnowledge, as: FlightState['as'], now: Now): Next {
  const { key = '', generation = 0 } = knows.record ?? {}
  const flight: FlightState = {
    as,
    key,
    generation,
    sinceAt: now.wallAt,
    isDespiteHint: !now.online,
    stage: WITH_HOOKS,
    atGate: [],
    cutBy: undefined,
    isOver: false,
    observed: 0,
    refusal: undefined,
    last: undefined,
  }
  return flying(knows, flight, show('sending'), { do: 'fly', as })
}

/** Takes in what came of one send. */
export function observed(
  before: RunKnowledge,
  then: FlightState,
  event: ObservedSend,
  now: Now,
  policy: RunPolicy,
): Next {
  const [knows, flight, doubts] = suspected(before, then, event.foreignHeads, now, policy)
  const { record } = knows
  if (record === undefined) throw new Error('an attempt was observed without a record')
  const stage = flight.stage.name === 'in-the-air' ? WITH_HOOKS : flight.stage
  // While the request was on its way, another generation has taken its place in the store. The answer is no evidence
  // about that one.
  if (record.key !== flight.key) {
    const [after, alarms] = observeOther(knows, event, flight.generation, policy)
    const seen = { ...flight, stage, observed: flight.observed + 1, last: undefined }
    return flying(after, seen, ...doubts, ...alarms)
  }
  const { knows: learnt, commands, verdict } = observe(knows, event, flight.as, now, policy)
  const seen: FlightState = {
    ...flight,
    stage,
    observed: flight.observed + 1,
    last: { observed: event, record, progress: knows.course.progress },
  }
  // Hooks can add nothing to a proof of execution, and nothing may delay the proof.
  const isProof = verdict.kind === 'succeeded' && !seen.isOver
  const after = isProof ? over(learnt, seen) : flying(learnt, seen)
  return first(doubts.length === 0 ? commands : [...doubts, ...commands], after)
}

/** Ends the attempt because its time is up, or because the run is to stop before the first byte. */
export function cutOff(knows: RunKnowledge, flight: FlightState, by: 'timeout' | 'stop'): Next {
  if (flight.isOver) return flying(knows, flight)
  return first([{ do: 'cut', by }], over(knows, { ...flight, cutBy: flight.cutBy ?? by }))
}

/** The run is asked to stop: the answer to a request that has left is still read. */
export function stopInFlight(knows: RunKnowledge, flight: FlightState): Next {
  return flight.stage.name === 'in-the-air' ? flying(knows, flight) : cutOff(knows, flight, 'stop')
}

/** The http layer is done with the attempt. */
export function carried(knows: RunKnowledge, flight: FlightState): Next {
  return flight.isOver ? flying(knows, flight) : over(knows, flight)
}

function over(knows: RunKnowledge, flight: FlightState): Next {
  const ended = { ...flight, isOver: true }
  return flight.stage.name === 'writing-ahead' ? flying(knows, ended) : land(knows, ended)
}
