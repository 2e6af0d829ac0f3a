import { recordCodec } from '../engine/stored/decode-stored.ts'
import { errorOf } from '../public/errors.ts'
import { Part } from '../runtime/part.ts'
import { uuidKeys } from '../runtime/runtime.ts'
import { notLoaded, performing } from './performing-part.ts'
import type * as Stored from './stored/stored.ts'

/*
 * What a page needs before the first click is in the first chunk: to make a client, to define operations, to
 * start a run and to watch it. The rest is loaded apart, beginning with `createClient`, so that it is there
 * when the first call needs it.
 */

/**
 * Looks after what was begun before: inspect, settle, cancel, conclude, forget, pending, resume, clear. A run needs it
 * when it asks, and after a conflict: never between the record that is written ahead and the first byte.
 */
export const storedPart = new Part(() => import('./stored/stored.ts'))

/** Begins loading all parts; what fails is reported by the call that needs it. */
export async function loadParts(): Promise<void> {
  await Promise.allSettled([performing, storedPart, recordCodec, uuidKeys].map(part => part.load()))
}

/** Rejects with an OperationError. */
export async function loadedStoredPart(): Promise<typeof Stored> {
  try {
    return storedPart.now ?? (await storedPart.load())
  } catch (error) {
    throw errorOf(notLoaded(error), { operationId: undefined, record: undefined })
  }
}
