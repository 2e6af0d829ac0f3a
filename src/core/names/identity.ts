/** A Postgres index row holds 2,704 bytes, other stores less: a longer id is stored under its hash. */
export const LONGEST_ID_IN_KEY = 200

/** Where the records of all scopes begin: it is the layout's version. */
export const allScopesPrefix = 'so1/'

/** Where all records of a scope begin. */
export function scopePrefix(scope: string): string {
  return `${allScopesPrefix}${part(scope)}/`
}

/** Where an operation's record lies. `idInKey` is the id's JSON text, or `~` and its hash where that is too long. */
export function recordKey(scope: string, name: string, idInKey: string): string {
  if (last === undefined || scope !== last.scope || name !== last.name)
    last = { scope, name, prefix: `${scopePrefix(scope)}${part(name)}/` }
  return last.prefix + part(idInKey)
}

/** Most calls are of the scope and the definition of the call before. */
let last: { readonly scope: string; readonly name: string; readonly prefix: string } | undefined

/** Through JSON first: it escapes lone surrogates, which `encodeURIComponent` refuses, and nothing collides. */
function part(text: string): string {
  // Most names have nothing to escape.
  if (/^[\w.~-]*$/.test(text)) return text
  // Nor has most of what is the JSON of a text.
  if (/^"[\w.~-]*"$/.test(text)) return `%5C%22${text.slice(1, -1)}%5C%22`
  return encodeURIComponent(JSON.stringify(text).slice(1, -1))
}

/** Whose record lies under a key; empty where the key is none of ours. */
export function scopeOfKey(key: string): string {
  const [prefix, scope = ''] = key.split('/')
  if (`${prefix}/` !== allScopesPrefix) return ''
  try {
    return scope.includes('%') ? String(JSON.parse(`"${decodeURIComponent(scope)}"`)) : scope
  } catch {
    return ''
  }
}

/** Where the records of the scope begin whose record lies under a key; undefined where the key is none of ours. */
export function scopePrefixOfKey(key: string): string | undefined {
  if (!key.startsWith(allScopesPrefix)) return undefined
  const end = key.indexOf('/', allScopesPrefix.length)
  return end === -1 ? undefined : key.slice(0, end + 1)
}

/** By which definition the operation is performed whose record lies under a key, as the key has it; empty where it is none of ours. */
export function namePartOfKey(key: string): string {
  const [prefix, , name = ''] = key.split('/', 3)
  return `${prefix}/` === allScopesPrefix ? name : ''
}

/** A definition's name as keys have it. */
export function namePart(name: string): string {
  return part(name)
}

/** The number that a text spells exactly, as `String` writes it: a webhook has the text of what was a number. */
export function numberSpelled(id: unknown): number | undefined {
  if (typeof id !== 'string') return undefined
  const number = Number(id)
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER && String(number) === id ? number : undefined
}
