import { defineProfile } from './define-profile.ts'

const KEYS = 'https://docs.stripe.com/api/idempotent_requests'
const ERRORS = 'https://docs.stripe.com/api/errors'

/**
 * Stripe, API v1. Keys are remembered for at least 24 hours and execute again afterwards. The first answer
 * is stored and replayed whatever it was, a 500 too; 429, 401, failed validation and a key in use are not.
 */
export const stripe = /* #__PURE__ */ defineProfile({
  name: 'stripe',
  honoursKeys: true,
  key: { maxLength: 255 },
  retention: 86_400_000,
  rules: [
    { status: 409, code: 'idempotency_key_in_use', means: 'processing', source: ERRORS },
    { status: 400, type: 'idempotency_error', means: 'mismatch', source: ERRORS },
    // A declined card is an answer of the operation itself, stored under the key.
    { status: 402, means: 'rejected', conclusive: true, source: KEYS },
  ],
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
})
