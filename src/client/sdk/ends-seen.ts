import type { Runtime } from '../../runtime/runtime.ts'
import type { Settled } from '../settled.ts'

/**
 * SDKs call again after pauses of at most 8 s (Stainless; stripe-node 5 s), so a call within this time may be a retry,
 * ms.
 */
const BETWEEN_CALLS_MS = 10_000
/** How many ends are remembered, the most recent ones. */
const MOST = 1_000

/** Statuses below 500 after which SDKs call again. After other refusals, the next call is somebody's own. */
const CALLED_AGAIN = new Set([408, 409, 425, 429])

/**
 * Remembers calls that have just ended in a way that SDKs repeat, whatever the response says: the outcome is unknown
 * after all attempts, or the status is one that SDKs retry. The next calls make one attempt each, so that the SDK's
 * attempts do not multiply with ours. A user who calls at that time gets that one attempt too, and never an old
 * response.
 */
export class EndsSeen {
  readonly #runtime: Pick<Runtime, 'monotonic'>
  /** When each call ended, monotonic ms. */
  readonly #ends = new Map<string, number>()

  constructor(runtime: Pick<Runtime, 'monotonic'>) {
    this.#runtime = runtime
  }

  isFollowing(place: string): boolean {
    const endedMs = this.#ends.get(place)
    return endedMs !== undefined && this.#runtime.monotonic() - endedMs <= BETWEEN_CALLS_MS
  }

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
