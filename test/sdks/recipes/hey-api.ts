import { createClient } from '@hey-api/client-fetch'
import type { GuardedFetch } from 'stillonce'

export function openHeyApi(once: GuardedFetch, baseUrl: string) {
  const api = createClient({ baseUrl, fetch: once, throwOnError: true })
  return (orderId: string, signal?: AbortSignal) =>
    api.post<{ id: string }, { message: string }, true>({
      url: '/orders',
      body: { item: 'tea' },
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': orderId },
      ...(signal !== undefined && { signal }),
    })
}
