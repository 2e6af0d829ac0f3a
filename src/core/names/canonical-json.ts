import { pushJsonOf } from './long-json.ts'

/**
 * JSON text with sorted keys, so that two values that mean the same have one text.
 * Throws a TypeError, saying where, on what JSON cannot hold: then two ids could silently become one.
 */
export function canonicalJson(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : canonicalParts(value).join('')
}

/** The same text in parts, none of which is long. */
export function canonicalParts(value: unknown): readonly string[] {
  const parts: string[] = []
  write(value, { parts, path: [], ancestors: [] })
  return parts
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

type Writing = {
  /** What was written so far. */
  readonly parts: string[]
  /** Where the value being written is: the names of the properties that lead to it. */
  readonly path: (string | number)[]
  readonly ancestors: object[]
}

function write(value: unknown, writing: Writing): void {
  const { parts, path, ancestors } = writing
  switch (typeof value) {
    case 'string':
      pushJsonOf(value, parts)
      return
    case 'number':
      if (!Number.isFinite(value)) throw unfit(path, `is ${value}, which JSON cannot hold`)
      parts.push(JSON.stringify(value))
      return
    case 'boolean':
      parts.push(JSON.stringify(value))
      return
    case 'object':
      break
    default:
      throw unfit(path, `is a ${typeof value}, which JSON cannot hold`)
  }
  if (value === null) {
    parts.push('null')
    return
  }
  if (ancestors.includes(value)) throw unfit(path, 'contains itself')
  ancestors.push(value)
  writeObject(value, writing)
  ancestors.pop()
}

function writeObject(value: object, writing: Writing): void {
  const { parts, path } = writing
  if (Array.isArray(value)) {
    parts.push('[')
    // By index, because forEach leaves holes out: [,] is not [].
    for (let index = 0; index < value.length; index += 1) {
      if (index > 0) parts.push(',')
      writeWithin(value[index], index, writing)
    }
    parts.push(']')
    return
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    write(value.toJSON(), writing)
    return
  }
  // A Map, a Set or a boxed number has no properties of its own: all of them would be `{}`.
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag !== 'Object') throw unfit(path, `is a ${tag}, which JSON cannot hold`, value)
  let before = '{'
  // By UTF-16 code units, as `<` compares: the order must not depend on a locale.
  for (const name of Object.keys(value).toSorted()) {
    const property = (value as Readonly<Record<string, unknown>>)[name]
    if (property === undefined) continue
    parts.push(`${before}${JSON.stringify(name)}:`)
    before = ','
    writeWithin(property, name, writing)
  }
  parts.push(before === '{' ? '{}' : '}')
}

function writeWithin(value: unknown, name: string | number, writing: Writing): void {
  writing.path.push(name)
  write(value, writing)
  writing.path.pop()
}

function unfit(path: Writing['path'], fault: string, part?: unknown): JsonFault {
  const place = path.map(name => (typeof name === 'number' ? `[${name}]` : `.${name}`)).join('')
  return new JsonFault(`${place === '' ? 'it' : place.replace(/^\./, '')} ${fault}`, part)
}
