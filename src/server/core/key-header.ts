/*
 * The value of a key header: raw, as most clients send it, or the structured-field String of the draft. The grammar
 * is the client's: printable ASCII without space, quote and backslash. So both forms can carry the same keys, and two
 * headers, which arrive joined by a comma and a space, are never read as one key.
 */
const KEY = /^[\x21\x23-\x5b\x5d-\x7e]+$/

export type KeyReading =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'missing' }
  /** `fault` never repeats the value, which may contain anything. */
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

/**
 * The place of a key's record. The first part is the version of the layout. A scope is encoded, so it stays in its
 * own part.
 */
export function serverRecordKey(scope: string, key: string): string {
  return recordKeyUnder(serverScopePrefix(scope), key)
}

/** The same, for a caller that already has the scope's prefix. */
export function recordKeyUnder(prefix: string, key: string): string {
  return `${prefix}${STAYS.test(key) ? key : encodeURIComponent(key)}`
}

/** What `encodeURIComponent` leaves as it is. Nearly every key is a UUID, and looking is cheaper than encoding. */
const STAYS = /^[\w.!~*'()-]+$/

/** The scope and key at a place; undefined if the place does not belong to a key. */
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

/** The place of the count of sealed keys in a scope. No key's record has such a place. */
export function sealCountPlace(scope: string): string {
  return `ss1-seals/${scopePart(scope)}`
}

/** Goes through JSON first, which escapes lone surrogates, because `encodeURIComponent` throws on them. */
function scopePart(scope: string): string {
  return encodeURIComponent(JSON.stringify(scope).slice(1, -1))
}
