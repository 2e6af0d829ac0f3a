import { madeProfile } from './made-profile.ts'

/**
 * Lob: `Idempotency-Key` of at most 256 characters, kept for 24 hours for each kind of resource. A repeated request
 * gets the resource. A query parameter can carry the key too, but a request with both fails.
 * https://github.com/lob/lob-openapi (lob-api-public.yml)
 */
export const lob = /* #__PURE__ */ madeProfile({
  name: 'lob',
  honoursKeys: true,
  key: { maxLength: 256 },
  retention: 86_400_000,
})
