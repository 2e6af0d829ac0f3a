import Stripe from 'stripe'
import type { Contestant, Surroundings } from './contestant.ts'
import { PATH, orderOf } from './contestant.ts'

/**
 * Any path by `rawRequest` (its README, "Custom requests"). Telemetry is off: it would measure itself. In Node it
 * sends by node:http unless told otherwise (README, `httpClient`); the stub is a fetch, so there it uses that.
 */
export function openStripe({ baseUrl, network }: Surroundings): Contestant {
  const { hostname, port, protocol } = new URL(baseUrl)
  const stripe = new Stripe('sk_test_bench', {
    host: hostname,
    port,
    protocol: protocol === 'http:' ? 'http' : 'https',
    maxNetworkRetries: 3,
    telemetry: false,
    ...(network === 'none' && { httpClient: Stripe.createFetchHttpClient() }),
  })
  return {
    place: number =>
      stripe.rawRequest('POST', `/${PATH}`, orderOf(number), { idempotencyKey: crypto.randomUUID() }),
  }
}
