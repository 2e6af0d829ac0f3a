import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.stripe.com/api/idempotent_requests'
const ERRORS = 'https://docs.stripe.com/api/errors'

/**
 * Stripe, API v1. Keys are remembered for at least 24 hours; after that, a request executes again. The first response
 * is stored and replayed whatever it was, even a 500; a 429, a 401, a failed validation and a key in use are not
 * stored.
 *
 * For a creation, `executed` means: Stripe has created the object, once, under this key. It does not mean that money
 * has moved. A PaymentIntent with the status `requires_action`, `requires_capture`, `requires_confirmation` or
 * `requires_payment_method` is created, and neither paid nor failed. Read `data.status`, and continue with that object
 * (confirm, capture, let the customer act) in separate operations; another `run` of the creation returns the object
 * again.
 *
 * A status request proves less, because it may find an object that was created otherwise. Only `succeeded` means
 * executed, `processing` and `pending` are progress, and every other word is inconclusive. This includes `canceled` and
 * `failed`: an object that was canceled or that failed was created all the same. `status.read` can decide more.
 */
export const stripe = /* #__PURE__ */ madeProfile({
  name: 'stripe',
  honoursKeys: true,
  key: { maxLength: 255 },
  retention: 86_400_000,
  rules: [
    { status: 409, code: 'idempotency_key_in_use', means: 'processing', source: ERRORS },
    { status: 400, type: 'idempotency_error', means: 'mismatch', source: ERRORS },
    // A declined card is a response of the operation itself, stored under the key.
    { status: 402, type: 'card_error', means: 'rejected', conclusive: true, source: KEYS },
  ],
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
  // https://docs.stripe.com/payments/paymentintents/lifecycle
  status: { executed: ['succeeded'], notExecuted: [], processing: ['processing', 'pending'] },
})
