import type { RecordStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'

type Cart = { readonly version: number; readonly items: readonly string[] }

/*
 * Data that has a version: a change names the version that it is meant for, and another one refuses it with 412.
 * The key tells a retry of one's own change, which succeeded, from somebody else's change in between.
 */
export function carts(store: RecordStore): (request: Request) => Promise<Response> {
  const stored = new Map<string, Cart>()
  // One scope, for callers who trust each other: whoever knows a key can read its answer and seal it.
  const once = createIdempotency({ store, scope: 'shop' })

  const answer = (cart: Cart, status = 200) =>
    Response.json(cart, { status, headers: { etag: `"${cart.version}"` } })

  const put = async (request: Request, { input }: { readonly input: unknown }) => {
    const id = new URL(request.url).pathname
    const { items } = input as { items: readonly string[] }
    // Between this read and the write nothing else happens; in a database: `update … where version = ?`.
    const before = stored.get(id) ?? { version: 0, items: [] }
    if (request.headers.get('if-match') !== `"${before.version}"`) return answer(before, 412)
    const after = { version: before.version + 1, items }
    stored.set(id, after)
    return answer(after)
  }
  const change = once.wrap(put, { parse: 'json' })

  return async request => {
    if (request.method === 'PUT') return change(request)
    return answer(stored.get(new URL(request.url).pathname) ?? { version: 0, items: [] })
  }
}
