import type { Client } from 'stillonce/core'

/** The whole cart as the user wants it, and the version that the user has seen. */
type Change = {
  readonly id: string
  readonly add: string
  readonly version: number
  readonly items: readonly string[]
}
type Cart = { readonly version: number; readonly items: readonly string[] }

/* Three ways to meet a 412: somebody else has changed the cart meanwhile. */
export function cartOperations(client: Client, readCart: () => Promise<Cart>) {
  const change = {
    id: ({ id }: Change) => id,
    request: ({ version, items, add }: Change) => ({
      method: 'put',
      url: 'cart',
      json: { items: [...items, add] },
      headers: { 'if-match': `"${version}"` },
    }),
  }
  return {
    // Give it back: `run` rejects with the code `conflict`, and the user decides.
    giveBack: client.operation<Change, Cart>({ ...change, name: 'change-cart' }),

    // Read again and decide again, by the same rule: no more than three items. At most `conflictTurns` times.
    decideAgain: client.operation<Change, Cart>({
      ...change,
      name: 'add-while-there-is-room',
      onConflict: async ({ input }) => {
        const { version, items } = await readCart()
        return items.length < 3 ? { ...input, version, items } : undefined
      },
    }),

    // Merge: the 412 itself carries the cart as it is now.
    merge: client.operation<Change, Cart>({
      ...change,
      name: 'merge-cart',
      onConflict: ({ input, response }) => {
        const now = response.body as Cart
        return { ...input, version: now.version, items: [...new Set([...now.items, ...input.items])] }
      },
    }),
  }
}
