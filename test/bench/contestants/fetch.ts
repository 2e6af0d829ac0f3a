import type { Contestant, Order, Surroundings } from './contestant.ts'
import { PATH, orderOf } from './contestant.ts'

/** What everything else is built on: with the network removed, the stub itself. */
export function openFetch({ baseUrl }: Surroundings): Contestant {
  return { place: number => placed(baseUrl, number, crypto.randomUUID()) }
}

export function placed(baseUrl: string, number: number, key: string): Promise<unknown> {
  return sent(baseUrl, orderOf(number), key)
}

export async function sent(baseUrl: string, order: Order, key: string): Promise<unknown> {
  const response = await fetch(`${baseUrl}${PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(order),
  })
  if (!response.ok) throw new Error(`Status ${response.status}`)
  return response.json()
}
