import { madeProfile } from './made-profile.ts'

const DRAFT = 'https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/07/'

/**
 * A server that follows the draft, with the raw key that real APIs expect: 400 means a missing key, 409 still
 * processing, 422 another payload. The draft gives no retention, so the most common one is assumed: a day.
 */
export const ietf = /* #__PURE__ */ madeProfile({
  name: 'ietf',
  honoursKeys: true,
  retention: 86_400_000,
  rules: [
    // The draft's 409 means "still being processed"; other conflicts have no Retry-After.
    { status: 409, header: { name: 'retry-after' }, means: 'processing', source: `${DRAFT}#section-2.6` },
  ],
  // Not in the draft, but sent by Stripe, Increase and the common middlewares.
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
})
