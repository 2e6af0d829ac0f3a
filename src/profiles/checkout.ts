import { madeProfile } from './made-profile.ts'

const KEYS = 'https://www.checkout.com/docs/payments/manage-payments/idempotency'
const ANSWERS =
  'https://support.checkout.com/hc/en-us/articles/26763450855186-Duplicate-payment-request-responses'

/**
 * Checkout.com: `Cko-Idempotency-Key`, kept for 24 hours after a 2xx. A 4xx or a 5xx is not kept, so the request is
 * executed again. A 202 is the payment itself, which may wait for the customer (3-D Secure): `executed` means that the
 * payment was created once, not that money has moved.
 */
export const checkout = /* #__PURE__ */ madeProfile({
  name: 'checkout',
  honoursKeys: true,
  header: 'Cko-Idempotency-Key',
  retention: 86_400_000,
  rules: [
    { status: 409, means: 'processing', source: KEYS },
    { status: 202, means: 'succeeded', source: ANSWERS },
  ],
})
