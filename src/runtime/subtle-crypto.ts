import { configurationError } from '../public/errors.ts'

/** Throws a `configuration` error if there is none: in a page that is not secure, or in React Native. */
export function subtleCrypto(): SubtleCrypto {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle
  if (subtle === undefined)
    throw configurationError(
      'createClient',
      'needs crypto.subtle: a secure page (https, localhost), or a polyfill',
    )
  return subtle
}
