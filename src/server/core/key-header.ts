/*
 * A key as a header carries it: raw, as most clients send it, or as the structured-field String of the draft.
 * The same grammar as the client's: printable ASCII without space, quote and backslash, so that both forms
 * carry the same keys and two headers, which arrive joined by a comma and a space, are never one key.
 */
const KEY = /^[\x21\x23-\x5b\x5d-\x7e]+$/

export type KeyReading =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'missing' }
  /** `fault` never repeats the value: it may hold anything. */
  | { readonly kind: 'invalid'; readonly fault: string }

export function readKey(value: string | null, maxLength: number): KeyReading {
  if (value === null) return { kind: 'missing' }
  const text = value.trim()
  const isQuoted = text.startsWith('"')
  if (isQuoted && (text.length < 2 || !text.endsWith('"')))
    return { kind: 'invalid', fault: 'The key begins with a quote and does not end with one.' }
  const key = isQuoted ? text.slice(1, -1) : text
  if (key === '') return { kind: 'invalid', fault: 'The key is empty.' }
  if (key.length > maxLength)
    return {
      kind: 'invalid',
      fault: `The key has ${key.length} characters, at most ${maxLength} are allowed.`,
    }
  if (!KEY.test(key))
    return {
      kind: 'invalid',
      fault: 'The key must be one value of printable ASCII, without spaces, quotes and backslashes.',
    }
  return { kind: 'key', key }
}

/** Where a key's record lies; the first part is the layout's version. Nothing of a scope can leave its part. */
export function serverRecordKey(scope: string, key: string): string {
  return recordKeyUnder(serverScopePrefix(scope), key)
}

/** The same, for who knows the scope's prefix. */
export function recordKeyUnder(prefix: string, key: string): string {
  return `${prefix}${encodeURIComponent(key)}`
}

/** Whose key lies at a place, as text; undefined where it is no key's place. */
export function keyOfPlace(place: string): { readonly scope: string; readonly key: string } | undefined {
  const [layout, scope, key, ...others] = place.split('/')
  if (layout !== 'ss1' || scope === undefined || key === undefined || others.length > 0) return undefined
  try {
    return {
      scope: JSON.parse(`"${decodeURIComponent(scope)}"`) as string,
      key: decodeURIComponent(key),
    }
  } catch {
    return undefined
  }
}

export function serverScopePrefix(scope: string): string {
  return `ss1/${scopePart(scope)}/`
}

/** Where is counted how many keys of a scope were sealed; no key's record lies there. */
export function sealCountPlace(scope: string): string {
  return `ss1-seals/${scopePart(scope)}`
}

/** Through JSON first: it escapes lone surrogates, which `encodeURIComponent` refuses. */
function scopePart(scope: string): string {
  return encodeURIComponent(JSON.stringify(scope).slice(1, -1))
}
