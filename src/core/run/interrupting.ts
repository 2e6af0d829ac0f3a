import { stopInFlight } from './flying.ts'
import { withRecord } from './knowledge.ts'
import { look } from './looking.ts'
import { configured, stopped, storeEnd } from './make-end.ts'
import type { Next } from './next.ts'
import { first, letGo, next, stay } from './next.ts'
import type { Now, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { RunKnowledge, RunState } from './run-state.ts'
import type { StoreFault } from './store-look.ts'
import { renewIfDue, rested } from './turning.ts'

/* The events that may come in any state, and the pairs of state and event that cannot occur. */

/** The run is asked to stop: a wait ends, and the answer to a request that has left is still read. */
export function stop(state: RunState, knows: RunKnowledge, now: Now, policy: RunPolicy): Next {
  const { does } = state
  switch (does.name) {
    case 'resting':
      return first([{ do: 'wake' }], rested(knows, does, now, policy))
    case 'offline':
      return first([{ do: 'wake' }], renewIfDue(knows, { for: 'turn' }, now, policy))
    case 'waiting-for-other':
      return first([{ do: 'wake' }], look(knows, does.looks + 1))
    case 'in-flight':
      return stopInFlight(knows, does.flight)
    default:
      return stay(state, knows)
  }
}

/** Another part of this process wrote the record, or time has passed in which this process saw nothing. */
export function nudge(state: RunState, knows: RunKnowledge, now: Now, policy: RunPolicy): Next {
  const { does } = state
  switch (does.name) {
    case 'resting':
      return first([{ do: 'wake' }], rested(knows, does, now, policy))
    case 'offline':
      return first([{ do: 'wake' }], renewIfDue(knows, { for: 'turn' }, now, policy))
    case 'waiting-for-other':
      return first([{ do: 'wake' }], look(knows, does.looks + 1))
    default:
      return stay(state, knows)
  }
}

export function storeFailed(knows: RunKnowledge, fault: StoreFault, now: Now, policy: RunPolicy): Next {
  return letGo(knows, storeEnd(knows, fault, now, policy))
}

/** Ends a call that has no valid request before it begins, with the outcome of the record. */
export function mistakenCall(
  before: RunKnowledge,
  mistake: Parameters<typeof configured>[1],
  event: Extract<RunEvent, { type: 'read' | 'unread' }>,
  now: Now,
  policy: RunPolicy,
): Next {
  const knows =
    event.type === 'read' ? { ...withRecord(before, event.heard.stored), isStoreRead: true } : before
  const end = configured(knows, mistake, now, policy)
  return next(knows, { name: 'ended', end: { ...end, mistake } }, { do: 'end', end: { ...end, mistake } })
}

/** A mistake of this code or of a callback ends the run, which then claims only what is known. */
export function failed(
  state: RunState,
  error: unknown,
  mistake: Parameters<typeof configured>[1] | undefined,
  now: Now,
  policy: RunPolicy,
): Next {
  const { knows, does } = state
  if (does.name === 'ended') return stay(state)
  if (mistake !== undefined) return letGo(knows, configured(knows, mistake, now, policy))
  const end = stopped(knows, 'unresolved', 'an unexpected error ended the run', now, policy, {
    advice: 'report',
  })
  return letGo(knows, { ...end, cause: error })
}

/**
 * A pair of state and event that cannot occur is a bug of the machine or of its performer. The run ends at once with
 * the outcome `unknown`. A runner that takes over finds the same doubt in what was written ahead.
 */
export function impossible(state: RunState, event: RunEvent, now: Now, policy: RunPolicy): Next {
  const { knows, does } = state
  const reason = `the run met an event that cannot come there: ${event.type} while ${does.name}`
  const end = {
    ...stopped(knows, 'unresolved', reason, now, policy, { advice: 'report' }),
    outcome: 'unknown' as const,
  }
  return next(knows, { name: 'ended', end }, { do: 'wake' }, { do: 'end', end })
}
