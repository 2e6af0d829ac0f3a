import type { RunMode } from '../../core/run/run-mode.ts'
import { tell } from '../../guards/listeners.ts'
import type { ListenerErrors } from '../../guards/listeners.ts'
import { synchronous } from '../../guards/synchronous.ts'
import { configurationError } from '../../public/errors.ts'
import type { RunTrace } from '../../public/run-trace.ts'
import type { RunFactsInit } from './run-facts.ts'

/** The only header names that a trace may set: no credential, no condition, no length. */
const IS_NAME = /^[a-z0-9-]*(trace|baggage|b3|span|datadog)[a-z0-9-]*$/
const IS_VALUE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/
const LONGEST = 8_192

/**
 * Calls the user's `trace` for a run that begins. A mistake is reported like a listener's, and the run goes on without
 * a trace.
 */
export function runTraceOf(
  { engine, identity: { name, scope }, operationId }: RunFactsInit,
  mode: RunMode,
): RunTrace | undefined {
  const { trace, listenerFailed } = engine
  if (trace === undefined) return undefined
  let made: RunTrace | undefined
  const asked = () => synchronous(trace({ name, operationId, scope, mode }), 'trace')
  tell(() => void (made = ownTrace(asked(), listenerFailed)), 'trace', listenerFailed)
  return made
}

/** The trace is read once, because it may have getters or be changed later. */
function ownTrace(given: RunTrace | undefined, onError: ListenerErrors): RunTrace | undefined {
  if (given === undefined) return given
  const { traceId, headers = {}, onEvent } = given
  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (IS_NAME.test(name) && isValue(value)) own[name] = value
    else
      onError(configurationError('trace', `the header ${JSON.stringify(name)} is no trace context`), 'trace')
  }
  return {
    traceId: typeof traceId === 'string' ? traceId : undefined,
    headers: own,
    onEvent: typeof onEvent === 'function' ? event => onEvent.call(given, event) : undefined,
  }
}

function isValue(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST && IS_VALUE.test(value)
}
