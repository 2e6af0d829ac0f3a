import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.whop.com/developer/api/idempotency'

/**
 * Whop: `Idempotency-Key` of at most 255 bytes, kept for 24 hours. Refusals are replayed too, and replays are marked. A
 * request whose end is not known stays in progress until the key expires: its outcome is `unknown`, and stays so.
 */
export const whop = /* #__PURE__ */ madeProfile({
  name: 'whop',
  honoursKeys: true,
  retention: 86_400_000,
  comparesBytes: true,
  rules: [
    { status: 409, code: 'idempotency_request_in_progress', means: 'processing', source: KEYS },
    { status: 400, code: 'idempotency_key_mismatch', means: 'mismatch', source: KEYS },
  ],
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
})
