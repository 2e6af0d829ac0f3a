import { madeProfile } from './made-profile.ts'

/**
 * Google Compute Engine, and other REST APIs of Google that take `requestId`: a UUID in the query, except the nil UUID.
 * The second request is ignored if the first was completed. Some of these APIs state how long (60 minutes); Compute
 * Engine does not. https://www.npmjs.com/package/@google-cloud/compute (compute.proto of 7.8.0)
 */
export const google = /* #__PURE__ */ madeProfile({
  name: 'google',
  honoursKeys: true,
  key: { in: 'query', field: 'requestId', format: 'uuid' },
  retention: 'unknown',
})
