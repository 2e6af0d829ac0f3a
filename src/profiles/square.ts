import { madeProfile } from './made-profile.ts'

const ERRORS = 'https://github.com/square/connect-api-specification'

/**
 * Square: `idempotency_key` in the JSON body, 1 to 45 characters. How long keys are kept is not documented. A payment
 * of unknown outcome can be sealed: `cancel` with `POST v2/payments/cancel` and `{ idempotency_key }`, which is made
 * for this purpose. https://github.com/square/connect-api-specification
 */
export const square = /* #__PURE__ */ madeProfile({
  name: 'square',
  honoursKeys: true,
  key: { in: 'json', field: 'idempotency_key', maxLength: 45 },
  // https://developer.squareup.com/forums: staff say that no retention is published.
  retention: 'unknown',
  rules: [
    // The specification names the code, but no status.
    { status: 400, code: 'IDEMPOTENCY_KEY_REUSED', means: 'mismatch', source: ERRORS },
    { status: 409, code: 'IDEMPOTENCY_KEY_REUSED', means: 'mismatch', source: ERRORS },
  ],
})
