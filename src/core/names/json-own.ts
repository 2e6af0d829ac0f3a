/** What a value says by its own `toJSON`, asked as `JSON.stringify` asks: once, lists too, with the name that it stands under. */
export function jsonOwn(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  return 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON(name) : value
}
