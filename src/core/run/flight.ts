import { afterEvent, onCourse } from './knowledge.ts'
import { observe } from './learning.ts'
import type { Next } from './next.ts'
import type { Command } from './run-commands.ts'
import type { Now } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { FlightState, GateRefusal, RunKnowledge } from './run-state.ts'

/* What the steps of an attempt share: see flying.ts. */

const NOTHING: readonly Command[] = []
const NONE: FlightState['atGate'] = []

export const WITH_HOOKS: FlightState['stage'] = { name: 'with-hooks' }

export function flying(knows: RunKnowledge, flight: FlightState, ...commands: readonly Command[]): Next {
  return { knows, does: { name: 'in-flight', flight }, follows: undefined, commands }
}

/** Gives up what is still in the air and lands the attempt, with everything that is known of it. */
export function land(knows: RunKnowledge, flight: FlightState): Next {
  if (flight.atGate.length === 0 && flight.stage.name !== 'in-the-air')
    return flying(knows, flight, { do: 'land' })
  const waiting = flight.atGate.map(({ send }): Command => ({ do: 'refuse', send, reason: 'attempt-over' }))
  const cut: readonly Command[] =
    flight.stage.name === 'in-the-air' ? [{ do: 'cut', by: flight.cutBy ?? 'timeout' }] : []
  return flying(knows, { ...flight, atGate: NONE }, ...waiting, ...cut, { do: 'land' })
}

/**
 * Takes in requests that bypassed the gate and may have executed. A refusal that seemed to settle the key is judged
 * again, because more was sent than the server refused.
 */
export function suspected(
  before: RunKnowledge,
  flight: FlightState,
  foreignHeads: number,
  now: Now,
  policy: RunPolicy,
): readonly [RunKnowledge, FlightState, readonly Command[]] {
  if (foreignHeads === 0) return [before, flight, NOTHING]
  // The bypassing request is no evidence about the record that has taken the place of its own.
  if (before.record?.key !== flight.key) return [{ ...before, hasLeftBehind: true }, flight, []]
  const { last, as, stage } = flight
  const noted =
    stage.name === 'writing-ahead'
      ? { ...flight, stage: { ...stage, foreignHeads: stage.foreignHeads + foreignHeads } }
      : flight
  const refusal = before.record.state === 'failed' ? last : undefined
  if (refusal === undefined) return [doubted(before, noted, foreignHeads, now, policy), noted, []]
  const { record, progress } = refusal
  const knows = doubted(onCourse({ ...before, record }, { progress }), noted, foreignHeads, now, policy)
  const again = observe(knows, refusal.observed, as, now, policy)
  return [again.knows, noted, again.commands]
}

/** Adds a doubt for each request that may have bypassed the gate since the attempt began. */
export function doubted(
  before: RunKnowledge,
  { sinceAt }: FlightState,
  foreignHeads: number,
  now: Now,
  policy: RunPolicy,
): RunKnowledge {
  let knows = before
  for (let head = 0; head < foreignHeads; head++)
    knows = afterEvent(knows, { kind: 'suspect', at: sinceAt }, now, policy)
  return knows
}

export function reasonOfCut({ cutBy }: FlightState): GateRefusal | undefined {
  if (cutBy === undefined) return undefined
  return cutBy === 'timeout' ? 'timeout' : 'aborted'
}
