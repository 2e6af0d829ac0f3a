import type { Pause } from './pauses.ts'
import type { Refusals } from './refusals.ts'
import { NEVER_REFUSED } from './refusals.ts'
import { againPauseMs } from './pauses.ts'

/*
 * Which operations are due. An operation that was never taken up here is due at once. An operation that was taken up
 * and is still open is put off, for longer each time, and never to a time before the one that the server named. If
 * another process has written the record since, another worker took it up. That counts like a look of this worker, so
 * ten workers ask a server no more often than one. An operation that began again under a new key is a different
 * operation for its server, so nothing earlier applies to it.
 *
 * The memory for this is bounded. An operation that was dropped from it is taken up sooner than necessary, which
 * costs a request.
 */

type PutOff = {
  /** How many times in a row the operation was taken up here without an end. */
  readonly times: number
  /** Monotonic ms. */
  readonly dueMs: number
  /** Looks in a row whose answer showed nothing about the operation. */
  readonly failed: number
  readonly refusals: Refusals
  /** The operation's key at that time. */
  readonly of: string
  /** The version of the record, once it was seen after that. */
  readonly version: string | undefined
  /** Whether another process has written the record since. */
  readonly isOthers: boolean
  /** When the operation was begun, epoch ms. */
  readonly createdAt: number
}

/** Monotonic time, and a random number. */
export type Instant = { readonly ms: number; readonly random: number }

/** At most this many operations are remembered. */
const MOST = 20_000

export class PutOffs {
  readonly #again: Pause
  readonly #most: number
  /** By the key of the record, oldest first. */
  readonly #known = new Map<string, PutOff>()

  constructor(again: Pause, most = MOST) {
    this.#again = again
    this.#most = most
  }

  /** Whether a put-off operation's record was written since it was last seen. If so, the record has to be read. */
  isNews(key: string, version: string): boolean {
    const known = this.#known.get(key)
    return known !== undefined && known.version !== version
  }

  /**
   * Notes that the operation's record was read. `of`: the operation's current key, if the record could be understood.
   */
  saw(key: string, version: string, of: string | undefined): void {
    const known = this.#known.get(key)
    if (known === undefined) return
    if (of !== known.of) return this.forget(key)
    this.#known.set(key, { ...known, version, isOthers: known.isOthers || known.version !== undefined })
  }

  isDue(key: string, now: Instant): boolean {
    const known = this.#known.get(key)
    if (known === undefined) return true
    if (now.ms < known.dueMs) return false
    if (!known.isOthers) return true
    const times = known.times + 1
    const dueMs = now.ms + againPauseMs(times, this.#again, now.random)
    this.#known.set(key, { ...known, times, dueMs, isOthers: false })
    return false
  }

  /** When a put-off operation was begun. */
  createdAt(key: string): number | undefined {
    return this.#known.get(key)?.createdAt
  }

  refusals(key: string): Refusals {
    return this.#known.get(key)?.refusals ?? NEVER_REFUSED
  }

  /** Looks in a row that showed nothing about the operation. */
  failed(key: string): number {
    return this.#known.get(key)?.failed ?? 0
  }

  /**
   * Puts off an operation that was taken up and is still open. `notBeforeMs`: the server requested this time, or a
   * later one. `because`: a failure that affects all operations of a server proves nothing about this one, so its
   * pause does not grow.
   */
  putOff(
    key: string,
    {
      of,
      failed,
      refusals,
      notBeforeMs,
      because,
      createdAt,
    }: {
      readonly of: string
      readonly failed: number
      readonly refusals: Refusals
      readonly notBeforeMs?: number | undefined
      readonly because: 'of-itself' | 'of-its-server'
      readonly createdAt: number
    },
    now: Instant,
  ): void {
    const times = (this.#known.get(key)?.times ?? 0) + (because === 'of-itself' ? 1 : 0)
    const pausedMs = now.ms + againPauseMs(times, this.#again, now.random)
    this.#known.delete(key)
    this.#known.set(key, {
      times,
      dueMs: Math.max(pausedMs, notBeforeMs ?? pausedMs),
      failed,
      refusals,
      of,
      version: undefined,
      isOthers: false,
      createdAt,
    })
    const [oldest] = this.#known.size > this.#most ? this.#known.keys() : []
    if (oldest !== undefined) this.#known.delete(oldest)
  }

  /** Notes that the operation has ended. */
  forget(key: string): void {
    this.#known.delete(key)
  }
}
