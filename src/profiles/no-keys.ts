import { madeProfile } from './made-profile.ts'

/**
 * A server that does not honour keys, or of which this is not known. After an attempt that may have been executed,
 * nothing is sent again: the outcome is asked for if there is a status request, else it is `unknown`.
 */
export const noKeys = /* #__PURE__ */ madeProfile({
  name: 'noKeys',
  honoursKeys: false,
  // No key is remembered, so none can expire: a hundred years.
  retention: 100 * 365 * 86_400_000,
})
