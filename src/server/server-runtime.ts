import type { Runtime } from '../runtime/runtime.ts'
import { systemRuntime } from '../runtime/system-runtime.ts'
import { sharedTimers } from '../runtime/shared-timers.ts'

/** What a server uses of the runtime. */
export type ServerRuntime = Pick<Runtime, 'runnerId' | 'now' | 'after' | 'digest'>

/** The runtime of this process. Elsewhere than in Node a timer may belong to one request, and end with that. */
export function serverRuntime(): ServerRuntime {
  const runtime = systemRuntime()
  return runtime.environment === 'node' ? { ...runtime, after: sharedTimers(runtime) } : runtime
}
