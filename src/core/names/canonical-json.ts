/**
 * JSON text with sorted keys, so that two values that mean the same have one text.
 * Throws a TypeError, saying where, on what JSON cannot hold: then two ids could silently become one.
 */
export function canonicalJson(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : write(value, [], [])
}

/** What is wrong with a value that JSON cannot hold, without a word of what its own `toJSON` or getter threw. */
export function jsonFaultOf(error: unknown): string {
  return error instanceof JsonFault
    ? error.message
    : 'cannot be written as JSON: it is too deep, or a toJSON or a getter of it threw'
}

/** The part that JSON cannot hold, or what was thrown in its place: a promise in it has to be heard. */
export function jsonPartOf(error: unknown): unknown {
  return error instanceof JsonFault ? error.part : error
}

class JsonFault extends TypeError {
  readonly #part: unknown

  constructor(message: string, part: unknown) {
    super(message)
    this.#part = part
  }

  get part(): unknown {
    return this.#part
  }
}

/** Where the value being written is: the names of the properties that lead to it. */
type Path = (string | number)[]

function write(value: unknown, path: Path, ancestors: object[]): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw unfit(path, `is ${value}, which JSON cannot hold`)
      return JSON.stringify(value)
    case 'object':
      if (value === null) return 'null'
      break
    default:
      throw unfit(path, `is a ${typeof value}, which JSON cannot hold`)
  }
  if (ancestors.includes(value)) throw unfit(path, 'contains itself')
  ancestors.push(value)
  const text = writeObject(value, path, ancestors)
  ancestors.pop()
  return text
}

function writeObject(value: object, path: Path, ancestors: object[]): string {
  // Array.from, because map leaves holes out: [,] is not [].
  if (Array.isArray(value))
    return `[${Array.from(value, (item, index) => within(item, index, path, ancestors)).join(',')}]`
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), path, ancestors)
  // A Map, a Set or a boxed number has no properties of its own: all of them would be `{}`.
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag !== 'Object') throw unfit(path, `is a ${tag}, which JSON cannot hold`, value)
  let text = ''
  // By UTF-16 code units, as `<` compares: the order must not depend on a locale.
  for (const name of Object.keys(value).toSorted()) {
    const property = (value as Readonly<Record<string, unknown>>)[name]
    if (property === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${within(property, name, path, ancestors)}`
  }
  return `{${text}}`
}

function within(value: unknown, name: string | number, path: Path, ancestors: object[]): string {
  path.push(name)
  const text = write(value, path, ancestors)
  path.pop()
  return text
}

function unfit(path: Path, fault: string, part?: unknown): JsonFault {
  const place = path.map(name => (typeof name === 'number' ? `[${name}]` : `.${name}`)).join('')
  return new JsonFault(`${place === '' ? 'it' : place.replace(/^\./, '')} ${fault}`, part)
}
