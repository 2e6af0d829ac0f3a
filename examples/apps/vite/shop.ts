/* The shop's own data: what is ordered, and what was charged. In life a database. */
type Order = { id: string; total: number }
type Charge = { charge: string; for: string }

const ORDERS: Order[] = [
  { id: 'order-1', total: 1_999 },
  { id: 'order-2', total: 4_500 },
  { id: 'order-3', total: 990_000 }, // more than the card gives
]

export const charges: Charge[] = []

export function findOrder(id: unknown): Order | undefined {
  return ORDERS.find(order => order.id === id)
}

export function charge(what: string): Charge {
  const made = { charge: `ch_${charges.length + 1}`, for: what }
  charges.push(made)
  return made
}
