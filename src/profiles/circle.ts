import { madeProfile } from './made-profile.ts'

/**
 * Circle: `idempotencyKey` in the JSON body, a UUID (of version 4, as made keys are). Bodies of its wallets hold a fresh
 * ciphertext in every call: give such an operation a `fingerprint`.
 * https://www.npmjs.com/package/@circle-fin/circle-sdk (types of 2.9.0)
 */
export const circle = /* #__PURE__ */ madeProfile({
  name: 'circle',
  honoursKeys: true,
  key: { in: 'json', field: 'idempotencyKey', format: 'uuid' },
  retention: 'unknown',
})
