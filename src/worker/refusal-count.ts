import { WITHOUT_SIGN } from '../core/answers/refusing-status.ts'
import type { EventFields } from '../core/run/event-fields.ts'
import type { Refusals } from './core/refusals.ts'
import { NEVER_REFUSED, isTold, refusedAgain } from './core/refusals.ts'

const REFUSED = new Set<string | undefined>(['rejected', 'conflict', 'payload-mismatch'])

/** Counts the refusals of one look on top of the earlier ones, from the events of the look's run. */
export class RefusalCount {
  #now: Refusals
  #answer: { readonly status: number | undefined; readonly reason: string } | undefined

  constructor(before: Refusals) {
    this.#now = before
  }

  get now(): Refusals {
    return this.#now
  }

  /** Whether the end of a look is reported although it brought nothing new. */
  hear(details: EventFields): boolean {
    if (details.type === 'answer') this.#answer = details
    if (details.type !== 'settled' || this.#answer === undefined) return false
    const { status, reason } = this.#answer
    if (details.outcome === 'unknown' && (REFUSED.has(details.code) || reason === WITHOUT_SIGN)) {
      this.#now = refusedAgain(this.#now, status)
      return isTold(this.#now)
    }
    // A server that is down or too busy does not undo earlier refusals.
    if (details.outcome !== 'unknown' || details.code === 'still-processing') this.#now = NEVER_REFUSED
    return false
  }
}
