import { madeProfile } from './made-profile.ts'

/**
 * Plaid, transfer authorizations: `idempotency_key` in the JSON body, at most 50 characters, kept for 48 hours. A
 * transfer itself carries its `authorization_id`, which is not a key of the client, so this profile does not fit
 * transfers. https://www.npmjs.com/package/plaid (types of 47.0.0)
 */
export const plaid = /* #__PURE__ */ madeProfile({
  name: 'plaid',
  honoursKeys: true,
  key: { in: 'json', field: 'idempotency_key', maxLength: 50 },
  retention: 172_800_000,
})
