import { configurationError } from '../public/errors.ts'

/** Throws a `configuration` error on a page that is not secure: it has none. */
export function subtleCrypto(): SubtleCrypto {
  const subtle: SubtleCrypto | undefined = crypto.subtle
  if (subtle === undefined)
    throw configurationError('createClient', 'needs a secure page (https, localhost), for crypto.subtle')
  return subtle
}
