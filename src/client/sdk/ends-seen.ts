import type { Runtime } from '../../runtime/runtime.ts'
import type { Settled } from '../settled.ts'

/** An SDK comes again after pauses of at most 8 s (Stainless; stripe-node 5 s): a call within this may be its own, ms. */
const BETWEEN_CALLS_MS = 10_000
/** The most that are remembered, those that came last. */
const MOST = 1_000

/** Statuses after which SDKs call again; of all others the next call is somebody's own. */
const CALLED_AGAIN = new Set([408, 409, 425, 429])

/**
 * Which calls ended a moment ago so that an SDK repeats them, whatever the answer says: nothing is known after all attempts, or a
 * status refused that it tries again. Its next calls make one attempt each, so that its attempts do not multiply with ours.
 * Who calls then by themselves gets that attempt too, and no old answer.
 */
export class EndsSeen {
  readonly #runtime: Pick<Runtime, 'monotonic'>
  /** When, monotonic ms. */
  readonly #ends = new Map<string, number>()

  constructor(runtime: Pick<Runtime, 'monotonic'>) {
    this.#runtime = runtime
  }

  isFollowing(place: string): boolean {
    const endedMs = this.#ends.get(place)
    return endedMs !== undefined && this.#runtime.monotonic() - endedMs <= BETWEEN_CALLS_MS
  }

  /** A call has ended. */
  ended(place: string, settled: Settled): void {
    this.#ends.delete(place)
    if (!isCalledAgain(settled)) return
    this.#ends.set(place, this.#runtime.monotonic())
    if (this.#ends.size <= MOST) return
    const oldest = this.#ends.keys().next()
    if (oldest.done !== true) this.#ends.delete(oldest.value)
  }
}

function isCalledAgain({ outcome, response }: Settled): boolean {
  if (outcome === 'executed') return false
  return response === undefined || response.status >= 500 || CALLED_AGAIN.has(response.status)
}
