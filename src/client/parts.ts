import { recordCodec } from '../engine/stored/decode-stored.ts'
import { hearThrown } from '../guards/synchronous.ts'
import { OperationError } from '../public/errors.ts'
import { Part } from '../runtime/part.ts'
import { adviceTexts } from './error-of.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { notLoaded, performing } from './performing-part.ts'
import type * as Stored from './stored/stored.ts'

/*
 * What a page needs before the first click is in the first chunk: to make a client, to define operations, to
 * start a run and to watch it. The rest is loaded when it is needed: what performs with the first client, what asks with
 * the first ask, the schema of stored records with the first record that somebody else wrote, the texts of advice with
 * the first error. What cannot be loaded then proves nothing, and is tried again by whoever needs it next.
 */

/**
 * Looks after what was begun before: inspect, settle, cancel, conclude, forget, pending, resume, clear. A run needs it
 * when it asks, and after a conflict: never between the record that is written ahead and the first byte.
 */
export const storedPart = new Part(async () => {
  const [part] = await Promise.all([import('./stored/stored.ts'), performing.load()])
  adviceTexts.bring(part)
  return part
})

/** Goes on finding out; loaded by whoever first watches. */
const watchingPart = new Part(async () => {
  const [part] = await Promise.all([import('./stored/watch-part.ts'), storedPart.load()])
  return part
})

/** How long what is watched waits for code that could not be loaded (a page that is offline), ms. */
const LOAD_AGAIN_MS = 5_000

/** Starts a watch as soon as the part that does it is there; returns what ends it, now and later. */
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

/** Begins loading what a send needs, so that it is there when the first call needs it; that call reports what fails. */
export function beginLoading(): void {
  if (performing.now === undefined) performing.load().catch(hearThrown)
}

/** Loads all parts. */
export async function loadParts(): Promise<void> {
  await Promise.allSettled(
    [performing, adviceTexts, storedPart, watchingPart, recordCodec].map(part => part.load()),
  )
}

/** Rejects with an OperationError. */
export async function loadedStoredPart(): Promise<typeof Stored> {
  try {
    return storedPart.now ?? (await storedPart.load())
  } catch (error) {
    throw new OperationError(notLoaded(error))
  }
}
