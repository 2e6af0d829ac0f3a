import { SquareClient } from 'square'
import { defineProfile } from 'stillonce'
import type { Sdk } from '../harness/sdk.ts'

function keyIn(body: string): string | undefined {
  const { idempotency_key: key } = JSON.parse(body) as { readonly idempotency_key?: string }
  return key
}

export const square: Sdk = {
  name: 'square',
  profile: defineProfile({
    name: 'square',
    honoursKeys: true,
    key: { in: 'json', field: 'idempotency_key', maxLength: 45 },
    retention: 'unknown',
    rules: [
      {
        status: 409,
        code: 'CONFLICT',
        at: 'errors[].code',
        means: 'processing',
        source: 'the server of this test',
      },
    ],
  }),
  id: async request => keyIn(await request.text()),
  server: {
    keyOf: ({ body }) => keyIn(body),
    created: execution => ({
      status: 200,
      body: `{"payment":{"id":"pay_${execution}","amount_money":{"amount":9007199254740993,"currency":"USD"}}}`,
    }),
  },
  creates: ({ fetch, url, timeoutMs, retries }) => {
    const sdk = new SquareClient({
      token: 'token',
      baseUrl: url,
      fetch,
      ...(timeoutMs !== undefined && { timeoutInSeconds: timeoutMs / 1_000 }),
      ...(retries !== undefined && { maxRetries: retries }),
    })
    return async key => {
      const { data, rawResponse } = await sdk.payments
        .create({
          sourceId: 'cnon:card-nonce-ok',
          // The SDK itself wants a text.
          idempotencyKey: key ?? '',
          amountMoney: { amount: 9007199254740993n, currency: 'USD' },
        })
        .withRawResponse()
      return { id: data.payment?.id, amount: data.payment?.amountMoney?.amount, status: rawResponse.status }
    }
  },
  resolves: { id: 'pay_1', amount: 9007199254740993n, status: 200 },
  declined: {
    status: 402,
    body: '{"errors":[{"category":"PAYMENT_METHOD_ERROR","code":"CARD_DECLINED"}]}',
    error: 'SquareError',
  },
  inProgress: {
    status: 409,
    body: '{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"CONFLICT"}]}',
  },
}
