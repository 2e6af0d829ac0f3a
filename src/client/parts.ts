import { recordCodec } from '../engine/stored/decode-stored.ts'
import { hearThrown } from '../guards/synchronous.ts'
import { OperationError } from '../public/errors.ts'
import { Part } from '../runtime/part.ts'
import { adviceTexts } from './error-of.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { notLoaded, performing } from './performing-part.ts'
import type * as Stored from './stored/stored.ts'

/*
 * The first chunk has what a page needs before the first click: making a client, defining operations, starting a run
 * and watching it. Other code is loaded when it is needed: the performing code with the first client, the asking code
 * with the first ask, the schema of stored records with the first record that somebody else wrote, the advice texts
 * with the first error. Failing to load code proves nothing; the next caller that needs the code tries again.
 */

/**
 * The code for operations that were begun before: inspect, settle, cancel, conclude, forget, pending, resume, clear. A
 * run needs it when it asks, and after a conflict, but never between writing the record ahead and sending the first
 * byte.
 */
export const storedPart = new Part(async () => {
  const [part] = await Promise.all([import('./stored/stored.ts'), performing.load()])
  adviceTexts.bring(part)
  return part
})

/** The code of watches, loaded by the first watch. */
const watchingPart = new Part(async () => {
  const [part] = await Promise.all([import('./stored/watch-part.ts'), storedPart.load()])
  return part
})

/** How long a watch waits before it tries again to load code that could not be loaded (a page that is offline), ms. */
const LOAD_AGAIN_MS = 5_000

/** Starts a watch as soon as its code is loaded. The returned function ends the watch, now or later. */
export function watchWhenLoaded(
  { afterwards }: Pick<Runtime, 'afterwards'>,
  start: (part: typeof watchingPart.loaded) => () => void,
): () => void {
  let isOver = false
  let end = () => {}
  const later = () => {
    if (!isOver) end = afterwards(LOAD_AGAIN_MS, begin)
  }
  const begin = () => {
    const part = watchingPart.now
    if (isOver) return
    if (part !== undefined) end = start(part)
    else watchingPart.load().then(begin, later)
  }
  begin()
  return () => {
    isOver = true
    end()
  }
}

/** Begins to load what sending needs, so that it is there for the first call. That call reports a failure. */
export function beginLoading(): void {
  if (performing.now === undefined) performing.load().catch(hearThrown)
}

export async function loadParts(): Promise<void> {
  await Promise.allSettled(
    [performing, adviceTexts, storedPart, watchingPart, recordCodec].map(part => part.load()),
  )
}

/** Rejects with an OperationError if the code cannot be loaded. */
export async function loadedStoredPart(): Promise<typeof Stored> {
  try {
    return storedPart.now ?? (await storedPart.load())
  } catch (error) {
    throw new OperationError(notLoaded(error))
  }
}
