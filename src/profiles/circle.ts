import { madeProfile } from './made-profile.ts'

/**
 * Circle: `idempotencyKey` in the JSON body, a UUID (version 4, like the keys made by default). The bodies of its
 * wallets contain a new ciphertext in every call, so give such an operation a `fingerprint`.
 * https://www.npmjs.com/package/@circle-fin/circle-sdk (types of 2.9.0)
 */
export const circle = /* #__PURE__ */ madeProfile({
  name: 'circle',
  honoursKeys: true,
  key: { in: 'json', field: 'idempotencyKey', format: 'uuid' },
  retention: 'unknown',
})
