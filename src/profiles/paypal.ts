import { madeProfile } from './made-profile.ts'

/**
 * PayPal, orders: `PayPal-Request-Id` is kept for 6 hours. Other endpoints keep it for other times (captures, refunds
 * and voids 45 days, vault 3 hours): give their operations `{ ...paypal, retention }`. A repeated request gets the
 * latest state, not the first response. If two run at the same time, the second may fail.
 * https://github.com/paypal/paypal-rest-api-specifications, and the types of @paypal/paypal-server-sdk 2.5.0
 */
export const paypal = /* #__PURE__ */ madeProfile({
  name: 'paypal',
  honoursKeys: true,
  header: 'PayPal-Request-Id',
  // openapi/checkout_orders_v2.json of paypal/paypal-rest-api-specifications.
  key: { maxLength: 108 },
  retention: 21_600_000,
})
