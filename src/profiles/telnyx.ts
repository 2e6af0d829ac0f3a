import { madeProfile } from './made-profile.ts'

/**
 * Telnyx: `Idempotency-Key` of 1 to 255 letters, digits, hyphens, underscores and colons, kept for 24 hours; bodies are
 * compared byte for byte, and failures are not kept. Another payload is a 422, as is what its APIs find invalid, so that no
 * rule can distinguish it: the 422 to a key that was sent before counts as that.
 * https://developers.telnyx.com/docs/development/api-fundamentals/idempotency
 */
export const telnyx = /* #__PURE__ */ madeProfile({
  name: 'telnyx',
  honoursKeys: true,
  key: { alphabet: 'A-Za-z0-9_:-' },
  retention: 86_400_000,
  comparesBytes: true,
})
