/**
 * JSON text with sorted keys, so that two values that mean the same have one text.
 * Throws a TypeError, saying where, on what JSON cannot hold: then two ids could silently become one.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '', [])
}

function write(value: unknown, path: string, ancestors: readonly object[]): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${place(path)} is ${value}, which JSON cannot hold`)
      return JSON.stringify(value)
    case 'object':
      if (value === null) return 'null'
      break
    default:
      throw new TypeError(`${place(path)} is a ${typeof value}, which JSON cannot hold`)
  }
  if (ancestors.includes(value)) throw new TypeError(`${place(path)} contains itself`)
  const within = [...ancestors, value]
  if (Array.isArray(value))
    // Array.from, because map leaves holes out: [,] is not [].
    return `[${Array.from(value, (item, index) => write(item, `${path}[${index}]`, within)).join(',')}]`
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), path, within)
  // A Map, a Set or a boxed number has no properties of its own: all of them would be `{}`.
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag !== 'Object') throw new TypeError(`${place(path)} is a ${tag}, which JSON cannot hold`)
  const properties = Object.entries(value)
    .filter(([, property]) => property !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, property]) => `${JSON.stringify(name)}:${write(property, `${path}.${name}`, within)}`)
  return `{${properties.join(',')}}`
}

function place(path: string): string {
  return path === '' ? 'it' : path.replace(/^\./, '')
}
