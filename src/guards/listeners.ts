import { configurationError } from '../public/errors.ts'
import { heard, hearThrown, isThenable } from './synchronous.ts'

/** Which listener failed: the client's `onEvent`, `traceId` or `trace`, or a listener of `subscribe` or `watch`. */
export type ListenerPlace = 'onEvent' | 'subscribe' | 'watch' | 'traceId' | 'trace'

export type ListenerErrors = (error: unknown, where: ListenerPlace) => void

/**
 * Reports the errors of listeners: to the user's own function, whose own error is swallowed, or to the runtime's
 * channel for warnings. Never to a run, and never where an uncaught error would end the process: payments may be under
 * way.
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

/** A listener that is no function would never be called. */
export function requireListener(listener: unknown): void {
  if (typeof listener !== 'function') throw configurationError('subscribe', 'must be given a function')
}

/** Calls a listener. An error that it throws or rejects with is reported and stops nothing. */
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
  // Node, Bun and Deno. `reportError` would end a process of theirs; in a page it shows the error.
  if (typeof emitWarning !== 'function') return globalThis.reportError(error)
  const warning = new Error(`a listener (${where}) threw: ${textOf(error)}`, { cause: error })
  warning.name = 'StillonceListenerWarning'
  return emitWarning.call(globalThis.process, warning)
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
