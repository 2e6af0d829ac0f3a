import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.adyen.com/development-resources/api-idempotency'

/**
 * Adyen: a key of at most 64 characters, kept for the company account and within one region; a request that was processed
 * gets its first answer. Its echo of the key is on the first answer too, so that it marks no replay.
 */
export const adyen = /* #__PURE__ */ madeProfile({
  name: 'adyen',
  honoursKeys: true,
  key: { maxLength: 64 },
  // The page says 31 days in an older version; a week is the least that anybody reports.
  retention: 604_800_000,
  rules: [
    // Processed already, or being processed.
    { status: 409, code: '704', means: 'processing', source: KEYS },
    { status: 422, code: '704', means: 'processing', source: KEYS },
  ],
})
