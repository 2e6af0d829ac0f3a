import { madeProfile } from './made-profile.ts'

const KEYS = 'https://developerhub.ppro.com/global-api/reference/api-requests-idempotency'

/** PPRO: `Request-Idempotency-Key`, kept for 24 hours; a 4xx is not kept. Replayed responses are marked. */
export const ppro = /* #__PURE__ */ madeProfile({
  name: 'ppro',
  honoursKeys: true,
  header: 'Request-Idempotency-Key',
  retention: 86_400_000,
  rules: [{ status: 409, means: 'processing', source: KEYS }],
  replayed: { header: 'Request-Idempotency', value: 'true' },
})
