import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.stripe.com/api/idempotent_requests'
const ERRORS = 'https://docs.stripe.com/api/errors'

/**
 * Stripe, API v1. Keys are remembered for at least 24 hours and execute again afterwards. The first answer
 * is stored and replayed whatever it was, a 500 too; 429, 401, failed validation and a key in use are not.
 *
 * What `executed` means for a creation: Stripe has made the object, once, under this key. It does not mean that money
 * has moved. A PaymentIntent that is answered with `requires_action`, `requires_capture`, `requires_confirmation` or
 * `requires_payment_method` is made, and neither paid nor failed: read `data.status`, and go on with that object
 * (confirm, capture, let the customer act) as operations of their own; another `run` of the creation gives it again.
 *
 * What a status request may say is less, because it may find an object that was made otherwise: only `succeeded` is
 * executed, `processing` and `pending` are progress, and every other word is inconclusive, `canceled` and `failed` too:
 * an object that was canceled or that failed has been made all the same. `status.read` can say more.
 */
export const stripe = /* #__PURE__ */ madeProfile({
  name: 'stripe',
  honoursKeys: true,
  key: { maxLength: 255 },
  retention: 86_400_000,
  rules: [
    { status: 409, code: 'idempotency_key_in_use', means: 'processing', source: ERRORS },
    { status: 400, type: 'idempotency_error', means: 'mismatch', source: ERRORS },
    // A declined card is an answer of the operation itself, stored under the key.
    { status: 402, type: 'card_error', means: 'rejected', conclusive: true, source: KEYS },
  ],
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
  // https://docs.stripe.com/payments/paymentintents/lifecycle
  status: { executed: ['succeeded'], notExecuted: [], processing: ['processing', 'pending'] },
})
