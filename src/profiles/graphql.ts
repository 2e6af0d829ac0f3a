import { madeProfile } from './made-profile.ts'

const ERRORS = 'https://spec.graphql.org/October2021/#sec-Errors'

/**
 * GraphQL over HTTP, on a server that does not honour keys: a 200 with `errors` proves nothing, because whatever was
 * executed before the errors stays executed. For a server that honours keys, use `defineProfile({ ...graphql, name,
 * honoursKeys: true, header, retention })`.
 */
export const graphql = /* #__PURE__ */ madeProfile({
  name: 'graphql',
  honoursKeys: false,
  // Not documented. A profile derived from this one for a server that honours keys states its own value, or uses a key
  // for one run.
  retention: 'unknown',
  // Every error has a message.
  rules: [{ status: 200, at: 'errors[].message', means: 'unknown', source: ERRORS }],
})
