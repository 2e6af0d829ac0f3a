import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.mangopay.com/guide/idempotency-support'

/**
 * Mangopay: `Idempotency-Key` of 16 to 36 letters, digits and hyphens, kept for 24 hours. All requests after the first
 * are blocked with a 409, whatever became of the first: the 409 proves nothing, and repeating the request is useless.
 * The first response is at `GET responses/KEY`: give a `status` request that reads it.
 */
export const mangopay = /* #__PURE__ */ madeProfile({
  name: 'mangopay',
  honoursKeys: true,
  key: { minLength: 16, maxLength: 36, alphabet: 'A-Za-z0-9-' },
  retention: 86_400_000,
  rules: [{ status: 409, means: 'unknown', conclusive: true, source: KEYS }],
})
