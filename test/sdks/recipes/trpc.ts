import { createTRPCClient, httpLink } from '@trpc/client'
import type { GuardedFetch } from 'stillonce'
import type { ShopRouter } from './shop-router.ts'

export function openTrpc(once: GuardedFetch, url: string) {
  const api = createTRPCClient<ShopRouter>({
    links: [
      httpLink({
        url,
        fetch: (input, init) => once(input, init as RequestInit),
        headers: ({ op }) => {
          const { orderId } = op.context
          return typeof orderId === 'string' ? { 'Idempotency-Key': orderId } : {}
        },
      }),
    ],
  })
  return (orderId: string, signal?: AbortSignal) =>
    api.order.mutate({ item: 'tea' }, { context: { orderId }, ...(signal !== undefined && { signal }) })
}
