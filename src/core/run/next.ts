import type { Command, Phase } from './run-commands.ts'
import type { EventDetails } from './event-details.ts'
import type { Doing, Knowledge, RunState } from './run-state.ts'

/** What follows from an event: the state after it, and what is done now. */
export type Next = readonly [state: RunState, commands: readonly Command[]]

const NOTHING: readonly Command[] = []

export function next(knows: Knowledge, does: Doing, ...commands: readonly Command[]): Next {
  return [{ knows, does }, commands]
}

/** The same, where nothing is to be done. */
export function stay(state: RunState, knows: Knowledge = state.knows): Next {
  return [knows === state.knows ? state : { knows, does: state.does }, NOTHING]
}

/** These commands, before those that follow. */
export function first(commands: readonly (Command | undefined)[], [state, more]: Next): Next {
  return [state, [...commands.filter(command => command !== undefined), ...more]]
}

export function tell(event: EventDetails): Command {
  return { do: 'tell', event }
}

export function show(phase: Phase, retryAt?: number): Command {
  return { do: 'show', phase, retryAt }
}
