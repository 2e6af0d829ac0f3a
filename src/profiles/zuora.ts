import { madeProfile } from './made-profile.ts'

const KEYS = 'https://developer.zuora.com/docs/guides/idempotent-requests'

/**
 * Zuora: `idempotency-key` of fewer than 255 characters, for POST and PATCH, removed after 24 hours. The first response
 * is kept whatever it was.
 */
export const zuora = /* #__PURE__ */ madeProfile({
  name: 'zuora',
  honoursKeys: true,
  header: 'idempotency-key',
  key: { maxLength: 254 },
  retention: 86_400_000,
  rules: [
    { status: 409, means: 'processing', source: KEYS },
    { status: 422, means: 'mismatch', source: KEYS },
  ],
})
