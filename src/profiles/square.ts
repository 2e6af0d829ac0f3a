import { madeProfile } from './made-profile.ts'

const ERRORS = 'https://github.com/square/connect-api-specification'

/**
 * Square: `idempotency_key` in the JSON body, 1 to 45 characters. For how long it is kept nobody says. What became of a
 * payment can be sealed: `cancel` with `POST v2/payments/cancel` and `{ idempotency_key }`, made for an unknown outcome.
 * https://github.com/square/connect-api-specification
 */
export const square = /* #__PURE__ */ madeProfile({
  name: 'square',
  honoursKeys: true,
  key: { in: 'json', field: 'idempotency_key', maxLength: 45 },
  // https://developer.squareup.com/forums: staff say that none is published.
  retention: 'unknown',
  rules: [
    // The specification names the code, and no status.
    { status: 400, code: 'IDEMPOTENCY_KEY_REUSED', means: 'mismatch', source: ERRORS },
    { status: 409, code: 'IDEMPOTENCY_KEY_REUSED', means: 'mismatch', source: ERRORS },
  ],
})
