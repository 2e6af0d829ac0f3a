import type { End } from './end.ts'
import type { Command, Phase } from './run-commands.ts'
import type { EventFields } from './event-fields.ts'
import type { RunActivity, Following, RunKnowledge, RunState } from './run-state.ts'

/**
 * What follows from an event: either the next state, or a decision that machine.ts still takes in the same step, and
 * the commands to carry out now. Both kinds have the same fields, to keep them cheap: about a dozen of these objects
 * are made for each call.
 */
export type Next = {
  readonly knows: RunKnowledge
  readonly commands: readonly Command[]
} & (
  | { readonly does: RunActivity; readonly follows: undefined }
  | { readonly does: undefined; readonly follows: Following }
)

const NOTHING: readonly Command[] = []

/** Moves to a state, with the commands on the way there. */
export function next(knows: RunKnowledge, does: RunActivity, ...commands: readonly Command[]): Next {
  return { knows, does, follows: undefined, commands }
}

/** Leads to a decision that is taken in the same step. */
export function follow(knows: RunKnowledge, follows: Following, ...commands: readonly Command[]): Next {
  return { knows, does: undefined, follows, commands }
}

/** Leads to another turn: the run looks at what it knows and decides again. */
export function turn(knows: RunKnowledge, ...commands: readonly Command[]): Next {
  return { knows, does: undefined, follows: TURN, commands }
}

const TURN: Following = { decision: 'turn' }

/** Ends the run with `end`, checked against what the store has now. */
export function letGo(knows: RunKnowledge, end: End): Next {
  return { knows, does: undefined, follows: { decision: 'let-go', end }, commands: NOTHING }
}

/** Stays in the same state, with no commands. */
export function stay(state: RunState, knows: RunKnowledge = state.knows): Next {
  return { knows, does: state.does, follows: undefined, commands: NOTHING }
}

/** Puts the given commands before those of `after`. */
export function first(commands: readonly (Command | undefined)[], after: Next): Next {
  const now = isWhole(commands) ? commands : commands.filter(command => command !== undefined)
  if (now.length === 0) return after
  const all = after.commands.length === 0 ? now : now.concat(after.commands)
  const { knows, does, follows } = after
  return follows === undefined
    ? { knows, does, follows, commands: all }
    : { knows, does: undefined, follows, commands: all }
}

function isWhole(commands: readonly (Command | undefined)[]): commands is readonly Command[] {
  return !commands.includes(undefined)
}

export function announce(event: EventFields): Command {
  return { do: 'tell', event }
}

export function show(phase: Phase, retryAt?: number): Command {
  return { do: 'show', phase, retryAt: wholeMs(retryAt), isPaused: false }
}

/** The run waits for the network. */
export function showPaused(retryAt: number | undefined): Command {
  return { do: 'show', phase: 'waiting', retryAt: wholeMs(retryAt), isPaused: true }
}

/**
 * Rounds an instant up to whole milliseconds, as `Date.now` gives them: a sum with monotonic time has fractions.
 * Rounding up keeps the result from being too early.
 */
export function wholeMs<At extends number | undefined>(at: At): number | At {
  return at === undefined ? at : Math.ceil(at)
}
