import type { Runtime } from '../runtime/runtime.ts'
import { systemRuntime } from '../runtime/system-runtime.ts'
import { sharedTimers } from '../runtime/shared-timers.ts'

/** The parts of the runtime that a server uses. */
export type ServerRuntime = Pick<Runtime, 'runnerId' | 'now' | 'after' | 'digest'>

/**
 * The runtime of this process. Timers are shared only in Node: elsewhere a timer may belong to one request and end
 * with it.
 */
export function serverRuntime(): ServerRuntime {
  const runtime = systemRuntime()
  return runtime.environment === 'node' ? { ...runtime, after: sharedTimers(runtime) } : runtime
}
