import { madeProfile } from './made-profile.ts'

const ERRORS = 'https://spec.graphql.org/October2021/#sec-Errors'

/**
 * GraphQL over HTTP, on a server that honours no keys: a 200 that has `errors` proves nothing, for what was executed before
 * them stays executed. A server that honours keys: `madeProfile({ ...graphql, name, honoursKeys: true, header, retention })`.
 */
export const graphql = /* #__PURE__ */ madeProfile({
  name: 'graphql',
  honoursKeys: false,
  // Nobody says: what is made of it for a server that honours keys says it, or uses a key for one run.
  retention: 'unknown',
  // Every error has a message.
  rules: [{ status: 200, at: 'errors[].message', means: 'unknown', source: ERRORS }],
})
