import type { OperationErrorInit } from '../public/errors.ts'
import { Part } from '../runtime/part.ts'

/** Performs runs: the loop, the gate, the verdicts. */
export const performing = new Part(() => import('./performing.ts'))

/** Why a call ends whose part could not be loaded: it did nothing, so nothing is claimed of the operation. */
export function notLoaded(cause: unknown): OperationErrorInit {
  const reason = 'a part of the client could not be loaded, so nothing was sent'
  return { code: 'unresolved', outcome: 'unknown', reason, cause, advice: 'load-again' }
}
