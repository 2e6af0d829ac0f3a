import { madeProfile } from './made-profile.ts'

/**
 * Mollie: a second request with the same `Idempotency-Key` is a duplicate. Mollie recommends a UUID. How long keys are
 * kept, and what another payload gets, is not documented. https://docs.mollie.com/overview/api-idempotency
 */
export const mollie = /* #__PURE__ */ madeProfile({
  name: 'mollie',
  honoursKeys: true,
  retention: 'unknown',
})
