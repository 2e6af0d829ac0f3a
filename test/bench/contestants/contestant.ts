/** One way to place an order: a POST of a small JSON under an Idempotency-Key made for it, and the parsed JSON back. */
export interface Contestant {
  /** Places the order of this number, under a key of its own. */
  place(number: number): Promise<unknown>
  close?(): Promise<void>
}

export type Surroundings = {
  /** Ends with a slash. */
  readonly baseUrl: string
  /** `none`: the platform's fetch answers at once. */
  readonly network: 'none' | 'loopback'
  /** A folder for what is written; it is removed afterwards. */
  readonly folder: string
  /** Longer than the defaults, where a call is to stay in the air. */
  readonly timeoutMs?: number
}

/** stripe-node sends JSON only below /v2 (its utils.ts, getAPIMode), so all send there. */
export const PATH = 'v2/orders'

export type Order = { readonly number: number; readonly sku: string; readonly amount: number }

export function orderOf(number: number): Order {
  return { number, sku: 'kettle-22', amount: 4_200 }
}

/** What the server answers, and the stub in its place. */
export const ANSWER = JSON.stringify({ id: 'order-1', state: 'accepted', amount: 4_200 })
export const ANSWER_INIT = {
  status: 201,
  // As servers send a short JSON: of known length.
  headers: { 'content-type': 'application/json', 'content-length': String(ANSWER.length) },
}
