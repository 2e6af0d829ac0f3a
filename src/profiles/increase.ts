import { madeProfile } from './made-profile.ts'

const KEYS = 'https://increase.com/documentation/idempotency-keys'

/** Increase: at most one object per key, for ever. Every list can find it: `?idempotency_key=`. */
export const increase = /* #__PURE__ */ madeProfile({
  name: 'increase',
  honoursKeys: true,
  key: { maxLength: 200 },
  retention: 'forever',
  rules: [{ status: 409, type: 'idempotency_key_already_used_error', means: 'mismatch', source: KEYS }],
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
})
