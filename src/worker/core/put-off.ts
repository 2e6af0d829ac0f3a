import type { Pause } from './pauses.ts'
import type { Refusals } from './refusals.ts'
import { NEVER_REFUSED } from './refusals.ts'
import { againPauseMs } from './pauses.ts'

/*
 * Which operations are due. One that was never taken up here is due at once. One that was, and is open still, is put off, each
 * time for longer; if the server said when to come back, not before that. If somebody else has written its record since,
 * another worker was at it: that counts as one's own look, so that ten workers ask a server no more often than one. What was
 * begun again under a new key is another operation to its server: nothing of before holds for it.
 *
 * What is remembered is bounded. What was dropped from it is taken up sooner than it had to be, which costs a request.
 */

type PutOff = {
  /** Times it was taken up here, in a row, without an end. */
  readonly times: number
  /** Monotonic ms. */
  readonly dueMs: number
  /** Looks in a row whose answer said nothing of the operation. */
  readonly failed: number
  readonly refusals: Refusals
  /** The key of its generation. */
  readonly of: string
  /** The version of its record, once it was seen after that. */
  readonly version: string | undefined
  /** Somebody else has written it since. */
  readonly isOthers: boolean
  /** When the operation was begun, epoch ms. */
  readonly createdAt: number
}

/** Monotonic time, and chance. */
export type Instant = { readonly ms: number; readonly random: number }

/** Operations that are remembered, at most. */
const MOST = 20_000

export class PutOffs {
  readonly #again: Pause
  readonly #most: number
  /** By the key of the record; the oldest first. */
  readonly #known = new Map<string, PutOff>()

  constructor(again: Pause, most = MOST) {
    this.#again = again
    this.#most = most
  }

  /** The operation is put off, and its record was written since it was last seen: of which generation is to be read. */
  isNews(key: string, version: string): boolean {
    const known = this.#known.get(key)
    return known !== undefined && known.version !== version
  }

  /** The operation's record was read; `of`: the key of its generation, where it could be understood. */
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

  /** When one that is put off was begun. */
  createdAt(key: string): number | undefined {
    return this.#known.get(key)?.createdAt
  }

  refusals(key: string): Refusals {
    return this.#known.get(key)?.refusals ?? NEVER_REFUSED
  }

  /** Looks in a row that said nothing of it. */
  failed(key: string): number {
    return this.#known.get(key)?.failed ?? 0
  }

  /**
   * The operation was taken up and is open still. `notBeforeMs`: the server asked to come back then, or later. `because`: what its server did to
   * all says nothing of this one, whose pause does not grow by that.
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

  /** The operation has ended. */
  forget(key: string): void {
    this.#known.delete(key)
  }
}
