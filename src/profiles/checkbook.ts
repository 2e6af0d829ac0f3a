import { madeProfile } from './made-profile.ts'

/**
 * Checkbook: `Idempotency-Key` of at most 255 characters. With another payload the key is ignored and a second resource
 * is created, so other bytes are never sent. https://docs.checkbook.io/reference/idempotent-requests
 */
export const checkbook = /* #__PURE__ */ madeProfile({
  name: 'checkbook',
  honoursKeys: true,
  retention: 'unknown',
  otherPayload: 'new-resource',
})
