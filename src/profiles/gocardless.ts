import { madeProfile } from './made-profile.ts'

const KEYS = 'https://developer.gocardless.com/api-reference/#making-requests-idempotency-keys'

/**
 * GoCardless: a request with a used key gets a 409 `idempotent_creation_conflict` that names the created resource. This
 * is the success of an earlier attempt, if this record has sent this key with these bytes before.
 */
export const gocardless = /* #__PURE__ */ madeProfile({
  name: 'gocardless',
  honoursKeys: true,
  // 30 days.
  retention: 2_592_000_000,
  comparesBytes: true,
  rules: [{ status: 409, code: 'idempotent_creation_conflict', means: 'exists', source: KEYS }],
})
