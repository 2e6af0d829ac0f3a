import { madeProfile } from './made-profile.ts'

/**
 * Mollie: a second request with the same `Idempotency-Key` is a duplicate. It asks for a UUID, and does not say for how long
 * it keeps one, nor what it answers to another payload.
 * https://docs.mollie.com/overview/api-idempotency
 */
export const mollie = /* #__PURE__ */ madeProfile({
  name: 'mollie',
  honoursKeys: true,
  retention: 'unknown',
})
