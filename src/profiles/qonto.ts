import { madeProfile } from './made-profile.ts'

/**
 * Qonto: `X-Qonto-Idempotency-Key`, kept for 30 minutes after a success. A repeated request gets the first response,
 * even with another body. Failures are not kept. https://docs.qonto.com/get-started/general/idempotent-requests
 */
export const qonto = /* #__PURE__ */ madeProfile({
  name: 'qonto',
  honoursKeys: true,
  header: 'X-Qonto-Idempotency-Key',
  retention: 1_800_000,
  otherPayload: 'first-answer',
})
