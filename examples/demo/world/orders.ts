import { chance } from './chance.ts'

export type Order = {
  readonly id: string
  /** In cents. */
  readonly amount: number
}

/** What the customers buy. */
export function ordersOf(seed: number, count: number): readonly Order[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `order-${String(index + 1).padStart(3, '0')}`
    return { id, amount: 500 + Math.floor(chance(seed, id, 'amount') * 20_000) }
  })
}
