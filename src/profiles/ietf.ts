import { madeProfile } from './made-profile.ts'

const DRAFT = 'https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/07/'

/**
 * A server that follows the draft, with the raw key that real APIs expect: 400 key missing, 409 still
 * processing, 422 another payload. The draft gives no retention, so the most common one is assumed: a day.
 */
export const ietf = /* #__PURE__ */ madeProfile({
  name: 'ietf',
  honoursKeys: true,
  retention: 86_400_000,
  rules: [
    // The draft's 409 is "still being processed"; other conflicts carry no Retry-After.
    { status: 409, header: { name: 'retry-after' }, means: 'processing', source: `${DRAFT}#section-2.6` },
  ],
  // Not in the draft, but what Stripe, Increase and the common middlewares send.
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
})
