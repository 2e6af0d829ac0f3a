import { madeProfile } from './made-profile.ts'

/**
 * Svix: `Idempotency-Key` for its own API. Messages that Svix sends to receivers are another matter: receivers
 * distinguish them by `webhook-id`, as Standard Webhooks specifies, and a receiver is not a client.
 * https://docs.svix.com/idempotency
 */
export const svix = /* #__PURE__ */ madeProfile({
  name: 'svix',
  honoursKeys: true,
  retention: 'unknown',
})
