import { Part } from '../runtime/part.ts'
import { recordCodec } from '../engine/stored/decode-stored.ts'
import { uuidKeys } from '../runtime/runtime.ts'
import type { OperationErrorInit } from '../public/errors.ts'
import { errorOf } from '../public/errors.ts'
import type * as RecordKeeping from './stored/stored.ts'

/*
 * What a page needs before the first click is in the first chunk: to make a client, to define operations, to
 * start a run and to watch it. The rest is loaded apart, beginning with `createClient`, so that it is there
 * when the first call needs it.
 */

/** Performs runs: the loop, the gate, the verdicts. */
export const performing = new Part(() => import('./performing.ts'))

/** Looks after stored records: inspect, settle, cancel, conclude, forget, pending, resume, clear. */
export const recordKeeping = new Part(() => import('./stored/stored.ts'))

/** Begins loading all parts; what fails is told by the call that needs it. */
export async function loadParts(): Promise<void> {
  await Promise.allSettled([performing, recordKeeping, recordCodec, uuidKeys].map(part => part.load()))
}

/** Why a call ends whose part could not be loaded: it did nothing, so nothing is claimed of the operation. */
export function notLoaded(cause: unknown): OperationErrorInit {
  const reason = 'a part of the client could not be loaded, so nothing was sent'
  return { code: 'unresolved', outcome: 'unknown', reason, cause }
}

/** Rejects with an OperationError. */
export async function loadedRecordKeeping(): Promise<typeof RecordKeeping> {
  try {
    return recordKeeping.now ?? (await recordKeeping.load())
  } catch (error) {
    throw errorOf(notLoaded(error), { operationId: undefined, record: undefined })
  }
}
