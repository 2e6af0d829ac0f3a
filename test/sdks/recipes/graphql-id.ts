import type { FetchOptions } from 'stillonce'

/** For `id` of GraphQL, with `unguarded: 'pass'`: queries are POSTs too, and pass; a mutation without a key is refused. */
export const graphqlId: FetchOptions['id'] = async request => {
  const key = request.headers.get('idempotency-key')
  if (key !== null) return key
  const { query } = (await request.json()) as { readonly query?: unknown }
  if (typeof query !== 'string' || /\bmutation\b/.test(query))
    throw new Error('a mutation needs an Idempotency-Key')
  return undefined
}
