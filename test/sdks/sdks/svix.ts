import { defineProfile } from 'stillonce'
import { Svix } from 'svix'
import type { Sdk } from '../harness/sdk.ts'
import { headerKey, keyInHeader } from '../harness/sdk.ts'

export const svix: Sdk = {
  name: 'svix',
  profile: defineProfile({
    name: 'svix',
    honoursKeys: true,
    rules: [
      // A message is taken with 202: that is its result.
      { status: 202, means: 'succeeded', source: 'https://api.svix.com/docs' },
      {
        status: 409,
        header: { name: 'retry-after' },
        means: 'processing',
        source: 'the server of this test',
      },
    ],
  }),
  id: headerKey,
  server: {
    keyOf: keyInHeader,
    created: execution => ({
      status: 202,
      body: `{"id":"msg_${execution}","eventType":"invoice.paid","payload":{},"timestamp":"2026-11-29T12:00:00Z"}`,
    }),
  },
  creates: ({ fetch, url, timeoutMs, retries }) => {
    const sdk = new Svix('key', {
      serverUrl: url,
      fetch,
      ...(timeoutMs !== undefined && { requestTimeout: timeoutMs }),
      ...(retries !== undefined && { numRetries: retries }),
    })
    return async key => {
      const { id, eventType } = await sdk.message.create(
        'app_1',
        { eventType: 'invoice.paid', payload: {} },
        key === undefined ? {} : { idempotencyKey: key },
      )
      return { id, eventType }
    }
  },
  resolves: { id: 'msg_1', eventType: 'invoice.paid' },
  declined: { status: 402, body: '{"code":"payment_required","detail":"no"}', error: 'ApiException' },
  inProgress: {
    status: 409,
    headers: { 'retry-after': '1' },
    body: '{"code":"conflict","detail":"in progress"}',
  },
}
