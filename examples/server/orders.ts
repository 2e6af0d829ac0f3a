/* What all examples of this folder sell: the shop's own work, which must not happen twice. */
export type Order = { readonly order: number; readonly item: string }

const placed: Order[] = []

export async function placeOrder({ item }: { readonly item: string }): Promise<Order> {
  const order = { order: placed.length + 1, item }
  placed.push(order)
  return order
}

export function orders(): readonly Order[] {
  return placed
}

/** In life: sessions, or tokens that are verified. Anna's token was refreshed; she is still Anna. */
const USERS: ReadonlyMap<string, string> = new Map([
  ['Bearer 5c1f-anna', 'anna'],
  ['Bearer 90be-anna', 'anna'],
  ['Bearer 77d2-bert', 'bert'],
])

/** Who is signed in: never the token itself, which changes while the user stays the same. */
export function userOf(authorization: string | null | undefined): string | undefined {
  return USERS.get(authorization ?? '')
}
