import { recordCodec } from '../engine/stored/decode-stored.ts'
import { OperationError } from '../public/errors.ts'
import { Part } from '../runtime/part.ts'
import { afterwards, uuidKeys, type Runtime } from '../runtime/runtime.ts'
import { adviceTexts } from './error-of.ts'
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
export const storedPart = new Part(async () => {
  const [part] = await Promise.all([import('./stored/stored.ts'), performing.load()])
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
  { after }: Pick<Runtime, 'after'>,
  start: (part: typeof watchingPart.loaded) => () => void,
): () => void {
  let isOver = false
  let end = () => {}
  const begin = () => {
    const part = watchingPart.now
    if (isOver) return
    if (part !== undefined) end = start(part)
    else watchingPart.load().then(begin, () => (end = after(LOAD_AGAIN_MS, begin)))
  }
  begin()
  return () => {
    isOver = true
    end()
  }
}

const PARTS: readonly Part<unknown>[] = [performing, adviceTexts, storedPart, recordCodec, uuidKeys]

/**
 * A first call that finds nothing stored needs neither the schema of stored records nor what looks after them. In Node
 * they would take it three times as long, and come so much later; files that a deployment removes are read by then.
 */
const AFTER_THE_FIRST_CALL_MS = 2_000

/** Begins loading: what a send needs now, the rest behind it. What fails is reported by the call that needs it. */
export function beginLoading(runtime: Pick<Runtime, 'environment'>): void {
  if (PARTS.every(part => part.now !== undefined)) return
  const first = Promise.allSettled([performing, uuidKeys, adviceTexts].map(part => part.load()))
  void first.then(([performed]) => {
    if (performed?.status === 'rejected' || runtime.environment === 'other') void loadParts()
    else afterwards(AFTER_THE_FIRST_CALL_MS, () => void loadParts())
  })
}

/** Loads all parts. */
export async function loadParts(): Promise<void> {
  await Promise.allSettled(PARTS.map(part => part.load()))
}

/** Rejects with an OperationError. */
export async function loadedStoredPart(): Promise<typeof Stored> {
  try {
    return storedPart.now ?? (await storedPart.load())
  } catch (error) {
    throw new OperationError(notLoaded(error))
  }
}
