import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.moov.io/guides/money-movement/idempotency'

/**
 * Moov: `X-Idempotency-Key` of at most 36 characters, which never expires. A repeated request gets a 409, which means
 * that a transfer was made with this key before. The 409 does not contain the transfer, so give a `status` request that
 * reads it.
 */
export const moov = /* #__PURE__ */ madeProfile({
  name: 'moov',
  honoursKeys: true,
  header: 'X-Idempotency-Key',
  key: { maxLength: 36 },
  retention: 'forever',
  rules: [{ status: 409, means: 'exists', source: KEYS }],
})
