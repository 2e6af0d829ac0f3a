import { madeProfile } from './made-profile.ts'

const KEYS = 'https://razorpay.com/docs/api/x/payout-idempotency/'

/**
 * Razorpay, payouts: `X-Payout-Idempotency` of 4 to 36 letters, digits, hyphens and underscores (blanks too, which a
 * header should not have). A failed payout makes every further attempt under its key fail. Another payload gets a 400
 * `BAD_REQUEST_ERROR`, like every other bad request, so no rule can distinguish it.
 */
export const razorpay = /* #__PURE__ */ madeProfile({
  name: 'razorpay',
  honoursKeys: true,
  header: 'X-Payout-Idempotency',
  key: { minLength: 4, maxLength: 36, alphabet: 'A-Za-z0-9_-' },
  retention: 'unknown',
  rules: [{ status: 409, means: 'processing', source: KEYS }],
})
