import { madeProfile } from './made-profile.ts'

/**
 * Svix: `Idempotency-Key` on its own API. What it sends to receivers is another matter: they distinguish messages by
 * `webhook-id`, as Standard Webhooks say, and a receiver is no client.
 * https://docs.svix.com/idempotency
 */
export const svix = /* #__PURE__ */ madeProfile({
  name: 'svix',
  honoursKeys: true,
  retention: 'unknown',
})
