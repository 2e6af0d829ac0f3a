import { madeProfile } from './made-profile.ts'

const KEYS = 'https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html'

/**
 * Amazon EC2, and AWS services whose requests are forms: `ClientToken` of at most 64 characters. A repeated request
 * succeeds, possibly with newer information. AWS signatures cover the body, so sign in `http`, after the key has been
 * added.
 */
export const ec2 = /* #__PURE__ */ madeProfile({
  name: 'ec2',
  honoursKeys: true,
  key: { in: 'form', field: 'ClientToken', maxLength: 64 },
  retention: 'unknown',
  rules: [
    { status: 400, code: 'IdempotentParameterMismatch', at: '<Code>', means: 'mismatch', source: KEYS },
  ],
})
