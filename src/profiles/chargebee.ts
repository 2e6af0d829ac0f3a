import { madeProfile } from './made-profile.ts'

/**
 * Chargebee: `chargebee-idempotency-key` of at most 100 characters, kept for 30 minutes. Replayed responses are marked.
 * The body is a form, and the key is not one of its fields.
 * https://apidocs.chargebee.com/docs/api/v1/idempotency?prod_cat_ver=1
 */
export const chargebee = /* #__PURE__ */ madeProfile({
  name: 'chargebee',
  honoursKeys: true,
  header: 'chargebee-idempotency-key',
  key: { maxLength: 100 },
  retention: 1_800_000,
  replayed: { header: 'chargebee-idempotency-replayed', value: 'true' },
})
