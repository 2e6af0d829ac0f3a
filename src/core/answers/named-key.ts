/**
 * Whether an answer about a key names that key, another one or none, in the response header that the profile's
 * `namesKey` promises.
 */
export type NamedKey = 'own' | 'another' | 'none'

/** The header's value may be the bare key, or a structured-field String (RFC 9651 3.3.3). */
export function namedKey(headers: Readonly<Record<string, string>>, header: string, key: string): NamedKey {
  const value = headers[header.toLowerCase()]?.trim()
  if (value === undefined || value === '') return 'none'
  return value === key || unquoted(value) === key ? 'own' : 'another'
}

function unquoted(value: string): string | undefined {
  const inner = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)?.[1]
  return inner?.replaceAll(/\\(["\\])/g, '$1')
}
