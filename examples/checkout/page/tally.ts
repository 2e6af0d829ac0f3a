import type { Lane } from '../server/lanes.ts'
import type { Books } from '../server/ledger.ts'
import type { Notice } from './notice.ts'

/** What a ledger says of one cart. */
export type Tally = {
  readonly charges: number
  readonly amount: number
  readonly requests: number
  /** Questions what became of it. */
  readonly asks: number
  readonly keys: number
  /** All that came for the cart, in the order in which it came. */
  readonly rows: readonly Row[]
}

export type Row = { readonly id: number; readonly text: string; readonly isCharge: boolean }

export function tallyOf(cart: string, books: Books): Tally {
  const charges = books.charges.filter(charge => charge.cart === cart)
  const own = books.deliveries.filter(one => one.cart === cart && one.key !== '')
  const keys = new Set(own.map(({ key }) => key))
  // A question has no cart in it: its key tells whose it is.
  const deliveries = books.deliveries.filter(one => one.cart === cart || keys.has(one.key)).toReversed()
  const requests = deliveries.filter(({ method }) => method === 'POST').length
  return {
    charges: charges.length,
    amount: charges.reduce((sum, { amount }) => sum + amount, 0),
    requests,
    asks: deliveries.length - requests,
    keys: keys.size,
    rows: deliveries.map(({ id, fate }, place) => {
      const isCharge = isCharged(fate)
      const isAgain = isCharge && deliveries.slice(0, place).some(earlier => isCharged(earlier.fate))
      return { id, isCharge, text: isAgain ? fate.replace('charged', 'charged again') : fate }
    }),
  }
}

function isCharged(fate: string): boolean {
  return fate === 'charged' || fate.startsWith('charged;')
}

/** The outcome in a glance: nothing else on the page is as large. */
export function headline({ charges }: Tally): string {
  if (charges === 0) return 'No charge'
  if (charges === 1) return 'Charged once'
  return charges === 2 ? 'Charged twice' : `Charged ${charges}\u00A0times`
}

/** What came to the server, in words. */
export function countsLine({ requests, asks, charges }: Tally, presses: number): string {
  if (requests + asks === 0) return presses === 0 ? 'Nothing yet. Press Pay.' : 'No request has arrived.'
  const asked = asks === 0 ? [] : [counted(asks, 'question')]
  return [counted(requests, 'request'), ...asked, counted(charges, 'charge')].join(', ')
}

function counted(count: number, one: string): string {
  return count === 1 ? `1 ${one}` : `${count} ${one}s`
}

/** Why the counts are as they are, so that none of them looks like a mistake. */
export function explanation(lane: Lane, tally: Tally, presses: number): string {
  const { charges, requests, keys } = tally
  if (lane === 'plain') {
    if (charges < 2) return ''
    return `No key: each ${presses > 1 ? 'press and retry' : 'retry'} is a new payment.`
  }
  if (charges !== 1 || keys !== 1) return ''
  if (presses > 1) return `${presses} presses, one key: charged once.`
  return requests > 1 ? 'One key: charged once, however often it comes.' : ''
}

/** A page that contradicts the ledger, in words. */
export function contradiction({ charges }: Tally, { tone }: Notice): string {
  if (charges === 0 || tone === 'good' || tone === 'doubt' || tone === 'busy') return ''
  return tone === 'idle'
    ? 'Charged, but the page has forgotten it.'
    : 'Charged, but the customer reads that it failed.'
}
