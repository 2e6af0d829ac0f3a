import { madeProfile } from './made-profile.ts'

/**
 * Telnyx: `Idempotency-Key` of 1 to 255 letters, digits, hyphens, underscores and colons, kept for 24 hours. Bodies are
 * compared byte for byte, and failures are not kept. Another payload gets a 422, as does an invalid request, so no rule
 * can distinguish them: a 422 to a key that was sent before counts as another payload.
 * https://developers.telnyx.com/docs/development/api-fundamentals/idempotency
 */
export const telnyx = /* #__PURE__ */ madeProfile({
  name: 'telnyx',
  honoursKeys: true,
  key: { alphabet: 'A-Za-z0-9_:-' },
  retention: 86_400_000,
  comparesBytes: true,
})
