import Stripe from 'stripe'
import { stripe as profile } from 'stillonce'
import type { Sdk } from '../harness/sdk.ts'
import { headerKey, keyInHeader } from '../harness/sdk.ts'

export const stripe: Sdk = {
  name: 'stripe',
  profile,
  id: headerKey,
  keepResponseHeaders: ['request-id'],
  server: {
    keyOf: keyInHeader,
    created: execution => ({
      status: 200,
      headers: { 'request-id': `req_${execution}` },
      body: `{"id":"pi_${execution}","object":"payment_intent","amount":1999,"status":"succeeded"}`,
    }),
  },
  creates: ({ fetch, port, timeoutMs, retries }) => {
    const sdk = new Stripe('sk_test_1', {
      httpClient: Stripe.createFetchHttpClient(fetch),
      host: '127.0.0.1',
      port,
      protocol: 'http',
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
      ...(retries !== undefined && { maxNetworkRetries: retries }),
    })
    return async key => {
      const { id, amount, lastResponse } = await sdk.paymentIntents.create(
        { amount: 1999, currency: 'eur' },
        key === undefined ? {} : { idempotencyKey: key },
      )
      return { id, amount, status: lastResponse.statusCode, requestId: lastResponse.requestId }
    }
  },
  resolves: { id: 'pi_1', amount: 1999, status: 200, requestId: 'req_1' },
  declined: {
    status: 402,
    body: '{"error":{"type":"card_error","code":"card_declined","message":"Your card was declined."}}',
    error: 'StripeCardError',
  },
  inProgress: {
    status: 409,
    body: '{"error":{"type":"invalid_request_error","code":"idempotency_key_in_use","message":"in use"}}',
  },
}
