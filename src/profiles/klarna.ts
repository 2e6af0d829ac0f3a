import { madeProfile } from './made-profile.ts'

/**
 * Klarna: `Klarna-Idempotency-Key`, a UUID, for POST and PATCH. Keys are kept for 24 hours, and a repeated request gets
 * the first result. Klarna recommends UUIDs of version 5: make them with `key` of the operation.
 * https://docs.klarna.com/acquirer/klarna-direct/setup-your-integration/integration-resilience/idempotency/
 */
export const klarna = /* #__PURE__ */ madeProfile({
  name: 'klarna',
  honoursKeys: true,
  header: 'Klarna-Idempotency-Key',
  key: { format: 'uuid' },
  retention: 86_400_000,
})
