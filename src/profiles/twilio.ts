import { madeProfile } from './made-profile.ts'

const ERRORS = 'https://www.twilio.com/docs/api/errors/17534'

/**
 * Twilio, Conversations v2: `Idempotency-Key`, a UUID, kept for 24 hours for the account in its region. The only other
 * Twilio API with keys is payments within calls: see `twilioPayments`.
 */
export const twilio = /* #__PURE__ */ madeProfile({
  name: 'twilio',
  honoursKeys: true,
  key: { format: 'uuid' },
  retention: 86_400_000,
  rules: [
    // The page names the code, but no status.
    { status: 400, code: '17534', means: 'mismatch', source: ERRORS },
    { status: 409, code: '17534', means: 'mismatch', source: ERRORS },
  ],
})
