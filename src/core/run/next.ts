import type { End } from './end.ts'
import type { Command, Phase } from './run-commands.ts'
import type { EventFields } from './event-fields.ts'
import type { RunActivity, Following, RunKnowledge, RunState } from './run-state.ts'

/**
 * What follows from an event: the state after it, or a decision that is still to be taken (machine.ts takes it in the same
 * step); and what is done now. Both kinds have the same fields: some dozen of them are made for each call.
 */
export type Next = {
  readonly knows: RunKnowledge
  readonly commands: readonly Command[]
} & (
  | { readonly does: RunActivity; readonly follows: undefined }
  | { readonly does: undefined; readonly follows: Following }
)

const NOTHING: readonly Command[] = []

/** A state, with what is done on the way there. */
export function next(knows: RunKnowledge, does: RunActivity, ...commands: readonly Command[]): Next {
  return { knows, does, follows: undefined, commands }
}

/** A decision that is taken in the same step. */
export function follow(knows: RunKnowledge, follows: Following, ...commands: readonly Command[]): Next {
  return { knows, does: undefined, follows, commands }
}

/** The run looks at what is known, and decides anew. */
export function turn(knows: RunKnowledge, ...commands: readonly Command[]): Next {
  return { knows, does: undefined, follows: TURN, commands }
}

const TURN: Following = { decision: 'turn' }

/** The run ends with this, in the light of what the store has now. */
export function letGo(knows: RunKnowledge, end: End): Next {
  return { knows, does: undefined, follows: { decision: 'let-go', end }, commands: NOTHING }
}

/** The same, where nothing is to be done. */
export function stay(state: RunState, knows: RunKnowledge = state.knows): Next {
  return { knows, does: state.does, follows: undefined, commands: NOTHING }
}

/** The given commands, before those that follow. */
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

/** An instant as `Date.now` has it: a time since, by the monotonic clock, has fractions. Never sooner than it is. */
export function wholeMs<At extends number | undefined>(at: At): number | At {
  return at === undefined ? at : Math.ceil(at)
}
