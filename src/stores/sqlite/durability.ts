import { notOnDisk } from './errors.ts'
import { whenFree } from './patience.ts'
import { StoreError } from '../store-error.ts'

/*
 * A commit is visible before it is on the disk. Every write has a number of the file's sequence, its version, so the
 * store knows of each record whether the disk has it:
 *
 *   up to `reached`      on the disk: a sync that began after it has ended well
 *   beyond it            by us or by another process, not synced yet: whoever reads it waits for a sync
 *   after a failed sync  nothing is believed. The system reports a failure once and takes the pages for written from then
 *                        on (https://wiki.postgresql.org/wiki/Fsync_Errors), so a sync that ends well proves nothing:
 *                        first the log is written once more, byte by byte, and that is synced.
 *   a log that was       left by others, who may have died before a sync, or have seen a failure that nobody
 *   there before us      reports to us: as after a failed sync
 */
export type Durability = {
  /** Undefined: go on. Else resolves when the file is believed (again), or rejects. */
  readonly trust: (kind: 'read' | 'write') => Promise<void> | undefined
  /** Undefined: the disk has all up to this number of the sequence. Else resolves when it does, or rejects. */
  readonly reach: (place: number) => Promise<void> | undefined
  /** Whether the disk is known to have all up to this number. */
  readonly has: (place: number) => boolean
  readonly isDoubted: () => boolean
  readonly close: () => void
}

export type DurableFile = {
  readonly path: string
  /** The same for all handles on one file, whatever path leads to it. */
  readonly identity: string
  readonly sync: () => Promise<void>
  /** Writes the whole log once more, and gives the number of the sequence that is in it. Throws where the lock is not free. */
  readonly rewrite: () => number
  readonly busyTimeoutMs: number
}

/**
 * For this long after a failure reads fail without another try: what the writer reads now, to see whether its write is
 * there, is just what must not be believed.
 */
const QUIET_MS = 200

/** All handles of this process: a failure that the system reports to one of them may stay unknown to the others. */
const handles = new Map<string, Set<(error: StoreError) => void>>()

/** `reached` undefined: a log was there before us. */
export function durability(file: DurableFile, reachedAtOpen: number | undefined): Durability {
  let reached = reachedAtOpen ?? 0
  let wanted = reached
  let doubt: { readonly error: StoreError | undefined; readonly sinceMs: number } | undefined =
    reachedAtOpen === undefined ? { error: undefined, sinceMs: 0 } : undefined
  let syncing: Promise<void> | undefined
  let mending: Promise<void> | undefined
  let failures = 0

  const hear = (error: StoreError) => {
    failures += 1
    doubt = { error, sinceMs: performance.now() }
  }
  const others = handles.get(file.identity) ?? new Set()
  handles.set(file.identity, others.add(hear))

  function fail(cause: unknown): StoreError {
    const error = cause instanceof StoreError ? cause : notOnDisk(cause, file.path)
    for (const tell of handles.get(file.identity) ?? [hear]) tell(error)
    return error
  }

  function has(place: number): boolean {
    return place <= reached && doubt === undefined
  }

  /** What was committed while it was under way is for the next one. */
  async function sync(): Promise<void> {
    const upTo = wanted
    const before = failures
    try {
      await file.sync()
    } catch (error) {
      fail(error)
      return
    }
    if (failures === before) reached = Math.max(reached, upTo)
  }

  function nextSync(): Promise<void> {
    return (syncing ??= sync().finally(() => {
      syncing = undefined
    }))
  }

  async function reach(place: number): Promise<void> {
    wanted = Math.max(wanted, place)
    if (doubt !== undefined) throw doubt.error ?? notOnDisk(undefined, file.path)
    if (place <= reached) return
    await nextSync()
    await reach(place)
  }

  async function mend(): Promise<void> {
    const before = failures
    const place = await whenFree(file.rewrite, file.path, file.busyTimeoutMs)
    try {
      await file.sync()
    } catch (error) {
      throw fail(error)
    }
    if (failures !== before) throw doubt?.error ?? notOnDisk(undefined, file.path)
    wanted = Math.max(wanted, place)
    reached = Math.max(reached, place)
    doubt = undefined
  }

  return {
    trust: kind => {
      if (doubt === undefined) return undefined
      const isQuiet = doubt.error !== undefined && performance.now() - doubt.sinceMs < QUIET_MS
      if (kind === 'read' && isQuiet) return Promise.reject(doubt.error)
      return (mending ??= mend().finally(() => {
        mending = undefined
      }))
    },
    reach: place => (has(place) ? undefined : reach(place)),
    has,
    isDoubted: () => doubt !== undefined,
    close: () => {
      others.delete(hear)
      if (others.size === 0 && handles.get(file.identity) === others) handles.delete(file.identity)
    },
  }
}
