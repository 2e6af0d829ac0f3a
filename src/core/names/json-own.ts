/**
 * What a value's own `toJSON` returns, called as `JSON.stringify` calls it: once, for lists too, with the name under
 * which the value stands.
 */
export function jsonOwn(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  return 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON(name) : value
}
