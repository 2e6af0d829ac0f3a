/*
 * A scope keeps users apart. The text that a template literal makes of a missing user (`undefined`, `[object Object]`)
 * is the same for everybody, and so is a text that nobody can see. Contract: section 11, 7.
 */

/** White space, controls, format characters and everything else that is drawn as nothing (Unicode 16). */
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** What JavaScript writes for a value that is no name. The match is exact, because somebody may be called Null. */
const NO_NAME = /^(?:undefined|null|NaN|\[object \w+\])$/

/** The same words glued to the text before them: `user${undefined}`. A company may be called undefinedcorp. */
const GLUED =
  /^(?:undefined|null|NaN){2,}$|[\p{L}\p{N}]undefined$|\p{N}(?:null|NaN)$|(?:[Uu]ser|[Tt]enant|[Oo]rg|[Aa]ccount|[Cc]ustomer|[Ss]hop|[Tt]eam|[Ii]d)null$/u

/** Scopes are often joined from parts: `tenant:user`, `tenant/user`, `issuer|subject`. */
const BETWEEN_PARTS = /[:/|]/

/**
 * A token (RFC 6750, RFC 7519) or a secret API key. It changes while its user stays the same, so open operations would
 * seem to be another user's and would be executed again. A scope is also stored, which no credential may be.
 */
const CREDENTIAL = /(?:^|[^a-z0-9-])bearer\s+\S|eyJ[\w-]+\.[\w-]+\.|(?:^|[^a-z0-9])[sr]k_(?:live|test)_\w/i

/** A mistake of the developers. The other faults mean that nobody is logged in. */
export const IS_CREDENTIAL = 'must not be a credential: give the id of the user whose it is'

/** What is wrong with a text as a scope; undefined if nothing is wrong. */
export function scopeFault(scope: string): string | undefined {
  if (scope === '') return 'must not be empty'
  if (scope.split(BETWEEN_PARTS).every(part => seen(part) === ''))
    return 'must have something to see: it is blank'
  if (CREDENTIAL.test(scope)) return IS_CREDENTIAL
  const nobody = unescaped(scope)
    .split(BETWEEN_PARTS)
    .map(seen)
    .find(part => NO_NAME.test(part) || GLUED.test(part))
  return nobody === undefined ? undefined : `must name somebody: a part of it is \`${nobody}\``
}

/** The text without invisible characters, at its ends and within. A space between two words stays. */
export function seen(text: string): string {
  return text.replaceAll(INVISIBLE, found => (found === ' ' ? ' ' : '')).trim()
}

const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Whether nothing of a text can be seen. */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text)
}

/** Decodes parts that were put through `encodeURIComponent`, as often happens. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
