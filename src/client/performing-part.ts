import type { OperationErrorInit } from '../public/errors.ts'
import { Part } from '../runtime/part.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { runtimeOn } from '../runtime/runtime.ts'

/** Performs runs: the loop, the gate, the verdicts. */
export const performing = new Part(async () => {
  const part = await import('./performing.ts')
  // From now on Node reports which requests of this process leave.
  part.sendWatch()
  return part
})

/** Why a call ends whose part could not be loaded: it did nothing, so nothing is claimed of the operation. */
export function notLoaded(cause: unknown): OperationErrorInit {
  return {
    code: 'unresolved',
    outcome: 'unknown',
    reason: 'a part of the client could not be loaded, so nothing was sent',
    cause,
    help: 'See `cause`. Load the page again, or restart the process; then call `run` or `settle`.',
  }
}

/** The runtime of this process or page: what only those ask of it who send is in the part. */
export function lateRuntime(): Runtime {
  return runtimeOn(() => performing.loaded.platform)
}
