import type { GuardedFetch } from 'stillonce'
import openApi from 'openapi-fetch'
import type { paths } from './shop-api.ts'

export function openShop(once: GuardedFetch, baseUrl: string) {
  const api = openApi<paths>({ baseUrl, fetch: once })
  return (orderId: string, signal?: AbortSignal) =>
    api.POST('/orders', {
      body: { item: 'tea' },
      headers: { 'Idempotency-Key': orderId },
      ...(signal !== undefined && { signal }),
    })
}
