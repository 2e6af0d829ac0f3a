import { defineProfile } from './define-profile.ts'

const ERRORS = 'https://spec.graphql.org/October2021/#sec-Errors'

/**
 * GraphQL over HTTP, on a server that honours no keys: a 200 that has `errors` proves nothing, for what was executed before
 * them stays executed. A server that honours keys: `defineProfile({ ...graphql, name, honoursKeys: true, header })`.
 */
export const graphql = /* #__PURE__ */ defineProfile({
  name: 'graphql',
  honoursKeys: false,
  retention: 'forever',
  // Every error has a message.
  rules: [{ status: 200, at: 'errors[].message', means: 'unknown', source: ERRORS }],
})
