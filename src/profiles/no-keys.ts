import { madeProfile } from './made-profile.ts'

/**
 * A server that does not honour keys, or of which nobody knows. After an attempt that may have executed
 * nothing is sent again: the outcome is asked for where there is a status request, else it is `unknown`.
 */
export const noKeys = /* #__PURE__ */ madeProfile({
  name: 'noKeys',
  honoursKeys: false,
  // No key is remembered, so none grows old: a hundred years.
  retention: 100 * 365 * 86_400_000,
})
