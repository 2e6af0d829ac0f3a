import type { OperationErrorInit } from '../public/errors.ts'
import { Part } from '../runtime/part.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { runtimeOn } from '../runtime/runtime.ts'

/** The code that performs runs: the loop, the gate, the verdicts. */
export const performing = new Part(async () => {
  const part = await import('./performing.ts')
  // From now on Node reports which requests of this process leave.
  part.sendWatch()
  return part
})

/**
 * The error of a call whose code could not be loaded. The call did nothing, so nothing is claimed about the operation.
 */
export function notLoaded(cause: unknown): OperationErrorInit {
  return {
    code: 'unresolved',
    outcome: 'unknown',
    reason: 'a part of the client could not be loaded, so nothing was sent',
    cause,
    help: 'See `cause`. Load the page again, or restart the process; then repeat the call.',
  }
}

/**
 * The runtime of this process or page. The functions of it that only sending needs are loaded with the performing code.
 */
export function lateRuntime(): Runtime {
  return runtimeOn(() => performing.loaded.platform)
}
