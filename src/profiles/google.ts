import { madeProfile } from './made-profile.ts'

/**
 * Google Compute Engine, and REST APIs of Google that take `requestId`: a UUID in the query, and not the nil one. The second
 * request is ignored if the first was completed. For how long some APIs say (60 minutes), this one does not.
 * https://www.npmjs.com/package/@google-cloud/compute (compute.proto of 7.8.0)
 */
export const google = /* #__PURE__ */ madeProfile({
  name: 'google',
  honoursKeys: true,
  key: { in: 'query', field: 'requestId', format: 'uuid' },
  retention: 'unknown',
})
