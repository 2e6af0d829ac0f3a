import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs-v2.interchecks.com/docs/idempotent-requests'

/**
 * Interchecks: `Idempotency-Key`, kept for 24 hours after a 2xx. A repeated request gets a 409 with the body of the
 * first response. While the first request is being processed, it gets a 102, which a client never sees.
 */
export const interchecks = /* #__PURE__ */ madeProfile({
  name: 'interchecks',
  honoursKeys: true,
  retention: 86_400_000,
  rules: [{ status: 409, means: 'exists', source: KEYS }],
})
