import { jsonOwn } from './json-own.ts'
import { pushJsonOf } from './long-json.ts'

/**
 * JSON text with sorted keys, so that two values with the same meaning have one text. Throws a TypeError that names the
 * place of what JSON cannot hold, because otherwise two ids could silently become one.
 */
export function canonicalJson(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : canonicalParts(value).join('')
}

/** The same text in parts, none of which is long. */
export function canonicalParts(value: unknown): readonly string[] {
  const short = shortText(value, 0)
  if (short !== undefined && short.length <= SHORT) return [short]
  const parts: string[] = []
  const writing = { parts, path: [], ancestors: [] }
  write(told(value, '', writing), writing)
  return parts
}

const SHORT = 10_000

/** A value that is nested deeper may contain itself, so `write` looks at it. */
const DEEPEST = 8

/**
 * The text of the most common values: short texts, numbers, lists and objects of no class. Undefined if a value is
 * anything else, or if JSON cannot hold it. `write` then looks at the value, because it knows the value's place.
 */
function shortText(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.length <= SHORT ? JSON.stringify(value) : undefined
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined
    case 'boolean':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      if (depth === DEEPEST) return undefined
      return Array.isArray(value) ? shortList(value, depth + 1) : shortObject(value, depth + 1)
    default:
      return undefined
  }
}

function shortList(list: readonly unknown[], depth: number): string | undefined {
  if (list.length > SHORT || 'toJSON' in list) return undefined
  let text = '['
  // By index, so that a hole counts as undefined.
  for (let index = 0; index < list.length; index += 1) {
    const item = shortText(list[index], depth)
    if (item === undefined) return undefined
    text += index === 0 ? item : `,${item}`
  }
  return `${text}]`
}

function shortObject(value: object, depth: number): string | undefined {
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined
  if ('toJSON' in value || Symbol.toStringTag in value) return undefined
  let text = '{'
  for (const name of inOrder(Object.keys(value))) {
    const property = (value as Readonly<Record<string, unknown>>)[name]
    if (property === undefined) continue
    const written = shortText(property, depth)
    if (written === undefined) return undefined
    text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:${written}`
  }
  return `${text}}`
}

/**
 * Sorts by UTF-16 code units, as `<` compares, because the order must not depend on a locale. A few names are sorted in
 * place.
 */
function inOrder(names: string[]): readonly string[] {
  if (names.length > MOST_IN_PLACE) return names.toSorted()
  for (let end = 1; end < names.length; end += 1) {
    const name = names[end] ?? ''
    let at = end
    for (
      let before = names[at - 1];
      at > 0 && before !== undefined && before > name;
      before = names[at - 1]
    ) {
      names[at] = before
      at -= 1
    }
    names[at] = name
  }
  return names
}

const MOST_IN_PLACE = 16

/** What is wrong with a value that JSON cannot hold. What its own `toJSON` or getter threw is not repeated. */
export function jsonFaultOf(error: unknown): string {
  return error instanceof JsonFault
    ? error.message
    : 'cannot be written as JSON: it is too deep, or a toJSON or a getter of it threw'
}

/** The part that JSON cannot hold, or else what was thrown. A promise in it has to be caught. */
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
  /** The place of the value that is being written: the names of the properties that lead to it. */
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
    case 'undefined':
      throw unfit(path, 'is undefined, which JSON cannot hold')
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
      path.push(index)
      write(told(value[index], String(index), writing), writing)
      path.pop()
    }
    parts.push(']')
    return
  }
  // A Map, a Set or a boxed number has no properties of its own: all of them would be `{}`.
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag !== 'Object') throw unfit(path, `is of class ${tag}, which JSON cannot hold`, value)
  let before = '{'
  for (const name of inOrder(Object.keys(value))) {
    path.push(name)
    const property = told((value as Readonly<Record<string, unknown>>)[name], name, writing)
    path.pop()
    if (property === undefined) continue
    parts.push(`${before}${JSON.stringify(name)}:`)
    before = ','
    path.push(name)
    write(property, writing)
    path.pop()
  }
  parts.push(before === '{' ? '{}' : '}')
}

/** What is written in place of a value. An invalid Date is refused, because JSON would write it as null. */
function told(value: unknown, name: string, { path }: Writing): unknown {
  const said = jsonOwn(value, name)
  if (said === null && value !== null && Object.prototype.toString.call(value) === '[object Date]')
    throw unfit(path, 'is an invalid Date, which JSON cannot hold')
  return said
}

function unfit(path: Writing['path'], fault: string, part?: unknown): JsonFault {
  const place = path.map(name => (typeof name === 'number' ? `[${name}]` : `.${name}`)).join('')
  return new JsonFault(`${place === '' ? 'it' : place.replace(/^\./, '')} ${fault}`, part)
}
