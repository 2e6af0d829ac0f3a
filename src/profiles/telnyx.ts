import { defineProfile } from './define-profile.ts'

const KEYS = 'https://developers.telnyx.com/docs/development/api-fundamentals/idempotency'

/**
 * Telnyx: `Idempotency-Key` of 1 to 255 letters, digits, hyphens, underscores and colons, kept for 24 hours; bodies are
 * compared byte for byte, and failures are not kept.
 */
export const telnyx = /* #__PURE__ */ defineProfile({
  name: 'telnyx',
  honoursKeys: true,
  key: { alphabet: 'A-Za-z0-9_:-' },
  retention: 86_400_000,
  comparesBytes: true,
  rules: [{ status: 422, means: 'mismatch', source: KEYS }],
})
