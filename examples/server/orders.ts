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

/** In life: the user of the session or of the token. */
export function userOf(authorization: string | null | undefined): string {
  return authorization?.replace(/^Bearer /, '') ?? 'nobody'
}
