import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.cdp.coinbase.com/api-reference/v2/idempotency'

/**
 * Coinbase Developer Platform: `X-Idempotency-Key`, a UUID of version 4, kept for 24 hours.
 */
export const coinbase = /* #__PURE__ */ madeProfile({
  name: 'coinbase',
  honoursKeys: true,
  header: 'X-Idempotency-Key',
  key: { format: 'uuid' },
  retention: 86_400_000,
  rules: [{ status: 409, code: 'idempotency_error', at: 'errorType', means: 'mismatch', source: KEYS }],
})
