import { madeProfile } from './made-profile.ts'

/**
 * PayPal, orders: `PayPal-Request-Id` is kept for 6 hours. Other endpoints keep it for other times (captures, refunds
 * and voids 45 days, vault 3 hours): give their operations `{ ...paypal, retention }`. A repeated request gets the
 * latest state, not the first response. If two run at the same time, the second may fail. APIs that refuse a used key say
 * so by a code.
 * https://github.com/paypal/paypal-rest-api-specifications, and the types of @paypal/paypal-server-sdk 2.5.0
 */
export const paypal = /* #__PURE__ */ madeProfile({
  name: 'paypal',
  honoursKeys: true,
  header: 'PayPal-Request-Id',
  // openapi/checkout_orders_v2.json of paypal/paypal-rest-api-specifications.
  key: { maxLength: 108 },
  retention: 21_600_000,
  // The pages name the codes, but no status.
  rules: [
    {
      status: 400,
      code: 'DUPLICATE_REQUEST_ID',
      means: 'mismatch',
      source: 'https://developer.paypal.com/api/deprecated/payments/v1/errors/duplicate_request_id',
    },
    {
      status: 409,
      code: 'DUPLICATE_REQUEST_ID',
      means: 'mismatch',
      source: 'https://developer.paypal.com/api/deprecated/payments/v1/errors/duplicate_request_id',
    },
    {
      status: 422,
      code: 'DUPLICATE_REQUEST_ID',
      at: 'details[].issue',
      means: 'mismatch',
      source: 'https://developer.paypal.com/api/deprecated/payments/v1/errors/duplicate_request_id',
    },
    {
      status: 422,
      code: 'PAYPAL_REQUEST_ID_PREVIOUSLY_USED',
      at: 'details[].issue',
      means: 'mismatch',
      source: 'https://developer.paypal.com/api/payment-tokens/v3/errors/paypal_request_id_previously_used',
    },
  ],
})
