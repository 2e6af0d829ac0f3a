import type { Column } from '../column.ts'
import type { LedgerCount } from '../world/ledger.ts'
import type { Order } from '../world/orders.ts'

export type Tally = {
  readonly ordered: number
  readonly charged: number
  readonly declined: number
  /** Entries in the ledger. */
  readonly charges: number
  readonly chargedTwice: number
  readonly lost: number
  readonly toldWrongly: number
  readonly leftUnknown: number
  readonly requests: number
  /** Of these, those that only asked what had become of an order. */
  readonly asks: number
}

/** Holds what the shop told its customers against what the ledger of payments counts. */
export function tallyOf(column: Column, ledger: LedgerCount, orders: readonly Order[]): Tally {
  const declined = new Set(ledger.declined)
  const verdicts = orders.map(({ id }) => {
    const charges = ledger.charges[id] ?? 0
    const words = column.words.get(id) ?? []
    const untrue = charges === 0 ? 'executed' : 'not-executed'
    return {
      charges,
      toldWrongly: words.includes(untrue),
      // Payments would have taken it, or the customer believes that it has.
      lost: charges === 0 && !(declined.has(id) && words.at(-1) === 'not-executed'),
      leftUnknown: (words.at(-1) ?? 'unknown') === 'unknown',
    }
  })
  const count = (is: (verdict: (typeof verdicts)[number]) => boolean) => verdicts.filter(is).length
  return {
    ordered: orders.length,
    charged: count(({ charges }) => charges > 0),
    declined: declined.size,
    charges: Object.values(ledger.charges).reduce((sum, times) => sum + times, 0),
    chargedTwice: count(({ charges }) => charges > 1),
    lost: count(({ lost }) => lost),
    toldWrongly: count(({ toldWrongly }) => toldWrongly),
    leftUnknown: count(({ leftUnknown }) => leftUnknown),
    requests: column.hops.length,
    asks: column.hops.filter(({ request }) => request.startsWith('GET')).length,
  }
}

/** Whether every order happened once, and every word about it was true. */
export function isFlawless(tally: Tally): boolean {
  const { chargedTwice, lost, toldWrongly, leftUnknown } = tally
  return chargedTwice === 0 && lost === 0 && toldWrongly === 0 && leftUnknown === 0
}
