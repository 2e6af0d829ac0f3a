import type { Lane } from './lanes.ts'

/** What can go wrong between the page and the payment server, and in it. */
export const FAULTS = ['none', 'lose-answer', 'slow', 'lose-request', 'busy', 'later', 'declined'] as const

export type Fault = (typeof FAULTS)[number]

/** What the visitor has set. */
export type Controls = {
  readonly fault: Fault
  /** The server is stopped: nobody listens. */
  readonly stopped: boolean
}

export type Faults = {
  readonly choose: (fault: Fault) => void
  readonly chosen: () => Fault
  /** What this payment request meets. */
  readonly meet: (lane: Lane, cart: string) => Fault
}

/** A fault meets the first payment request of a cart in each lane, so that a retry gets through. A card stays declined. */
export function createFaults(first: Fault): Faults {
  let chosen = first
  const met = new Set<string>()
  return {
    choose: fault => {
      chosen = fault
      met.clear()
    },
    chosen: () => chosen,
    meet: (lane, cart) => {
      const place = `${lane} ${cart}`
      if (chosen !== 'declined' && met.has(place)) return 'none'
      met.add(place)
      return chosen
    },
  }
}

export function isFault(value: unknown): value is Fault {
  return FAULTS.includes(value as Fault)
}
