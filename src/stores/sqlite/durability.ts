import { notOnDisk } from './errors.ts'
import { whenFree } from './patience.ts'
import { StoreError } from '../store-error.ts'

/*
 * A commit is visible before it is on the disk. Every write takes a number of the file's sequence as its version, so
 * the store knows for each record whether the disk has it:
 *
 *   up to `reached`      on the disk: a sync that began after the commit has succeeded
 *   beyond it            committed by us or by another process, and not synced yet: readers wait for a sync
 *   after a failed sync  nothing is trusted. The system reports a failure once and then counts the pages as written
 *                        (https://wiki.postgresql.org/wiki/Fsync_Errors), so a later successful sync proves nothing:
 *                        the whole log is first written again, byte by byte, and then synced.
 *   a log that was       left by another process, which may have died before a sync, or have seen a failure that the
 *   there before us      system does not report to us: as after a failed sync
 */
export type Durability = {
  /** Undefined: go on. Otherwise a promise that resolves when the file can be trusted (again), or rejects. */
  readonly trust: (kind: 'read' | 'write') => Promise<void> | undefined
  /**
   * Undefined: the disk has everything up to this number. Otherwise a promise that resolves when it does, or rejects.
   */
  readonly reach: (place: number) => Promise<void> | undefined
  /** Whether the disk is known to have everything up to this sequence number. */
  readonly has: (place: number) => boolean
  readonly isDoubted: () => boolean
  readonly close: () => void
}

export type DurableFile = {
  readonly path: string
  /** Equal for all handles on one file, whatever path leads to the file. */
  readonly identity: string
  readonly sync: () => Promise<void>
  /** Writes the whole log again and returns the last sequence number in it. Throws if the lock is not free. */
  readonly rewrite: () => number
  readonly busyTimeoutMs: number
}

/**
 * For this long after a failure, reads fail at once. A writer whose write has just failed often reads to see whether
 * the write is there, and the file cannot answer that truthfully yet.
 */
const QUIET_MS = 200

/**
 * All handles of this process. The system may report a failure to one handle only, so each handle informs the others.
 */
const handles = new Map<string, Set<(error: StoreError) => void>>()

/** `reachedAtOpen` is undefined if a log was already there when the file was opened. */
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

  /** A sync covers the commits made before it began; later ones wait for the next sync. */
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
