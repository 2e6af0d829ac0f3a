import { madeProfile } from './made-profile.ts'

/**
 * Twilio, payments within calls: `IdempotencyKey` in the form. What a repeated request gets is not documented.
 * https://www.npmjs.com/package/twilio (types of 6.3.1)
 */
export const twilioPayments = /* #__PURE__ */ madeProfile({
  name: 'twilio-payments',
  honoursKeys: true,
  key: { in: 'form', field: 'IdempotencyKey' },
  retention: 'unknown',
})
