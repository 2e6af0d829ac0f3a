/** A Postgres index row holds 2,704 bytes, other stores hold less, so a longer id is stored under its hash. */
export const LONGEST_ID_IN_KEY = 200

/** The beginning of every record's key. It is the version of the layout. */
export const allScopesPrefix = 'so1/'

/** The beginning of the key of every record in a scope. */
export function scopePrefix(scope: string): string {
  return `${allScopesPrefix}${part(scope)}/`
}

/**
 * The store's key for an operation's record. `idInKey` is the id's JSON text, or `~` and its hash if that text is too
 * long.
 */
export function recordKey(scope: string, name: string, idInKey: string): string {
  if (last === undefined || scope !== last.scope || name !== last.name)
    last = { scope, name, prefix: `${scopePrefix(scope)}${part(name)}/` }
  return last.prefix + part(idInKey)
}

/** Most calls have the scope and the definition of the call before. */
let last: { readonly scope: string; readonly name: string; readonly prefix: string } | undefined

/**
 * Escapes a part of a record's key. The text goes through JSON first, which escapes the lone surrogates that
 * `encodeURIComponent` refuses. Different texts stay different.
 */
function part(text: string): string {
  // Most names have nothing to escape.
  if (/^[\w.~-]*$/.test(text)) return text
  // Most JSON of a text has nothing to escape except its quotes.
  if (/^"[\w.~-]*"$/.test(text)) return `%5C%22${text.slice(1, -1)}%5C%22`
  return encodeURIComponent(JSON.stringify(text).slice(1, -1))
}

/** The scope of the record under a key; empty if the key is none of ours. */
export function scopeOfKey(key: string): string {
  const [prefix, scope = ''] = key.split('/')
  if (`${prefix}/` !== allScopesPrefix) return ''
  try {
    return scope.includes('%') ? String(JSON.parse(`"${decodeURIComponent(scope)}"`)) : scope
  } catch {
    return ''
  }
}

/** The beginning of the keys in the scope of this key; undefined if the key is none of ours. */
export function scopePrefixOfKey(key: string): string | undefined {
  if (!key.startsWith(allScopesPrefix)) return undefined
  const end = key.indexOf('/', allScopesPrefix.length)
  return end === -1 ? undefined : key.slice(0, end + 1)
}

/** The name of the definition in a record's key, as the key spells it; empty if the key is none of ours. */
export function namePartOfKey(key: string): string {
  const [prefix, , name = ''] = key.split('/', 3)
  return `${prefix}/` === allScopesPrefix ? name : ''
}

/** A definition's name as keys spell it. */
export function namePart(name: string): string {
  return part(name)
}

/** The number that a text spells exactly as `String` writes it. A webhook has only the text of what was a number. */
export function numberSpelled(id: unknown): number | undefined {
  if (typeof id !== 'string') return undefined
  const number = Number(id)
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER && String(number) === id ? number : undefined
}
