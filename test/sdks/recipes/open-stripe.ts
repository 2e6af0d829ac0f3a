import Stripe from 'stripe'
import { createClient, stripe as profile } from 'stillonce'
import { sqliteStore } from 'stillonce/sqlite'

/** The address and the file are for tests to give. */
export function openStripe(key: string, address = 'https://api.stripe.com', file = 'operations.db') {
  const client = createClient({
    http: { baseUrl: address },
    store: sqliteStore(file),
    scope: 'my-shop',
    profile,
  })
  const once = client.fetch({
    name: 'stripe',
    id: request => request.headers.get('idempotency-key'),
    keepResponseHeaders: ['request-id'],
  })
  const { protocol, hostname: host, port } = new URL(address)
  return new Stripe(key, {
    httpClient: Stripe.createFetchHttpClient(once), // the first line
    maxNetworkRetries: 0,
    host,
    port: port || 443,
    protocol: protocol === 'http:' ? 'http' : 'https',
  })
}
