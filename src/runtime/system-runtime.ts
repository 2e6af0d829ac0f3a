import { platform } from './platform.ts'
import type { Runtime } from './runtime.ts'
import { runtimeOn } from './runtime.ts'

/** The runtime of this process, when all of its code is loaded. */
export function systemRuntime(): Runtime {
  return runtimeOn(() => platform)
}
