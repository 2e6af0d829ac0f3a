import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.adyen.com/development-resources/api-idempotency'

/**
 * Adyen: a key of at most 64 characters, kept for the company account and within one region. A request that was
 * processed gets its first response. Adyen also echoes the key in the first response, so the echo does not mark a
 * replay.
 */
export const adyen = /* #__PURE__ */ madeProfile({
  name: 'adyen',
  honoursKeys: true,
  key: { maxLength: 64 },
  // An older version of the page says 31 days; a week is the shortest time that anybody reports.
  retention: 604_800_000,
  rules: [
    // Already processed, or being processed.
    { status: 409, code: '704', means: 'processing', source: KEYS },
    { status: 422, code: '704', means: 'processing', source: KEYS },
  ],
})
