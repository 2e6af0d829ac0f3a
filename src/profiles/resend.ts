import { madeProfile } from './made-profile.ts'

const KEYS = 'https://resend.com/docs/dashboard/emails/idempotency-keys'

/**
 * Resend: `Idempotency-Key` of at most 256 characters, kept for 24 hours.
 */
export const resend = /* #__PURE__ */ madeProfile({
  name: 'resend',
  honoursKeys: true,
  key: { maxLength: 256 },
  retention: 86_400_000,
  rules: [
    { status: 409, code: 'concurrent_idempotent_requests', means: 'processing', source: KEYS },
    { status: 409, code: 'invalid_idempotent_request', means: 'mismatch', source: KEYS },
  ],
})
