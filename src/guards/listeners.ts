import { configurationError } from '../public/errors.ts'
import { heard, hearThrown, isThenable } from './synchronous.ts'

/** Which listener it was: the client's `onEvent`, or one given to a run's `subscribe`. */
export type ListenerPlace = 'onEvent' | 'subscribe' | 'watch' | 'traceId' | 'trace'

export type ListenerErrors = (error: unknown, where: ListenerPlace) => void

/**
 * Where the errors of listeners go: to the user's own function, whose own throw is swallowed, else to where the
 * runtime shows warnings. Never into a run, and never to where an uncaught error would end the process: payments
 * may be in the air.
 */
export function listenerErrors(
  own: ((error: unknown, where: ListenerPlace) => unknown) | undefined,
): ListenerErrors {
  return (error, where) => {
    try {
      if (own === undefined) return warn(error, where)
      const said = own(error, where)
      if (isThenable(said)) heard(said)
    } catch (failure) {
      // There is nobody left to report to.
      hearThrown(failure)
    }
  }
}

/** What is none would never be called. */
export function requireListener(listener: unknown): void {
  if (typeof listener !== 'function') throw configurationError('subscribe', 'must be given a function')
}

/** Calls a listener; what the listener throws, or rejects with, is reported and stops nothing. */
export function tell(listener: () => unknown, where: ListenerPlace, onError: ListenerErrors): void {
  try {
    const said = listener()
    if (isThenable(said)) heard(said, error => onError(error, where))
  } catch (error) {
    hearThrown(error)
    onError(error, where)
  }
}

function warn(error: unknown, where: ListenerPlace): void {
  const { emitWarning } = (globalThis.process as Partial<typeof process> | undefined) ?? {}
  // Node, Bun and Deno; `reportError` would end a process of theirs, and shows the error in a page.
  if (typeof emitWarning !== 'function') return globalThis.reportError(error)
  const warning = new Error(`a listener (${where}) threw: ${textOf(error)}`, { cause: error })
  warning.name = 'StillonceListenerWarning'
  return emitWarning.call(globalThis.process, warning)
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
