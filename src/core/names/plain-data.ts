import { isBlank } from './scope-fault.ts'

/*
 * Which values may name an operation. Ids are compared by their JSON texts. A value that JSON would drop (undefined, a
 * hole, a symbol), blur (NaN and null, -0 and 0, 2^53 and 2^53 + 1) or empty (a Map) would make two operations one, and
 * the second would be reported as executed and never sent. Contract: section 11, 7.
 */

/**
 * A part of a value that is no plain data. The message has its place and its kind, and repeats nothing of its content.
 */
export class NotPlain extends TypeError {
  /** The part, or else what was thrown, for a caller that has to catch a promise in it. */
  readonly #part: unknown

  constructor(message: string, part?: unknown) {
    super(message)
    this.#part = part
  }

  get part(): unknown {
    return this.#part
  }
}

/**
 * The JSON text of plain data, with sorted keys: null, booleans, finite safe numbers, texts, valid Dates (by their ISO
 * text, so that a caller that has only the text finds the same operation), arrays, and plain objects of these. Throws
 * NotPlain. Every part is read once, so what was checked is what is written.
 */
export function plainText(value: unknown): string {
  try {
    return write(value, [], [])
  } catch (error) {
    if (error instanceof NotPlain) throw error
    throw new NotPlain('cannot be read: a getter or a proxy of it threw, or it is too deep', error)
  }
}

/**
 * The id of a call, copied and frozen, and its JSON. An id is a text or plain data, because two operations could
 * otherwise be taken for one. An empty or blank text, null and undefined name nothing. Throws NotPlain.
 */
export function plainId(id: unknown): { readonly id: unknown; readonly text: string } {
  if (id === '' || id === undefined || id === null) throw new NotPlain('gives nothing, so it names nothing')
  if (typeof id === 'string') {
    if (isBlank(id)) throw new NotPlain('is blank, so it names nothing')
    return { id, text: JSON.stringify(id) }
  }
  const text = plainText(id)
  return { id: frozen(JSON.parse(text)), text }
}

/**
 * Freezes data with everything in it, so that a callback or a listener that gets an id cannot make another operation's
 * id of it.
 */
export function frozen(data: unknown): unknown {
  const parts = [data]
  for (const part of parts)
    if (typeof part === 'object')
      for (const inner of Object.values(Object.freeze(part) ?? {})) parts.push(inner)
  return data
}

/** The names and indexes that lead to the part that is being read. */
type Path = (string | number)[]

function write(value: unknown, path: Path, ancestors: object[]): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      return numberText(value, path)
    case 'object':
      return value === null ? 'null' : within(value, path, ancestors)
    case 'undefined':
      throw unfit(path, 'is undefined: what is missing names nothing')
    case 'bigint':
      throw unfit(path, 'is a bigint: give its text, as in String(n)')
    default:
      throw unfit(path, `is a ${typeof value}`)
  }
}

function numberText(value: number, path: Path): string {
  if (!Number.isFinite(value)) throw unfit(path, `is ${value}`)
  if (Object.is(value, -0)) throw unfit(path, 'is -0, which JSON writes as 0')
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw unfit(path, 'is a number beyond 2^53, where several are one: give its text')
  return JSON.stringify(value)
}

function within(value: object, path: Path, ancestors: object[]): string {
  if (ancestors.includes(value)) throw unfit(path, 'contains itself')
  ancestors.push(value)
  const text = Array.isArray(value) ? arrayText(value, path, ancestors) : objectText(value, path, ancestors)
  ancestors.pop()
  return text
}

function arrayText(value: readonly unknown[], path: Path, ancestors: object[]): string {
  const base: unknown = Object.getPrototypeOf(value)
  // Array.prototype of any realm is an array itself, and the only array without a parent that is one.
  if (!Array.isArray(base) || Array.isArray(Object.getPrototypeOf(base)))
    throw unfit(path, 'is an array of a class of its own')
  const { length } = value
  const items: string[] = []
  for (let index = 0; index < length; index++) {
    path.push(index)
    if (!Object.hasOwn(value, index)) throw unfit(path, 'is a hole')
    items.push(write(value[index], path, ancestors))
    path.pop()
  }
  // `length` is a name of its own, too.
  if (ownNames(value).length !== length + 1) throw unfit(path, 'is an array with names of its own')
  return `[${items.join(',')}]`
}

function objectText(value: object, path: Path, ancestors: object[]): string {
  const date = dateText(value, path)
  if (date !== undefined) return date
  if (!isOfNoClass(value))
    throw unfit(path, `is of ${className(value)}: only plain objects name something`, value)
  let text = ''
  const names = Object.getOwnPropertyNames(value)
  if (Object.getOwnPropertySymbols(value).length > 0) throw unfit(path, 'has a symbol as a name')
  // By UTF-16 code units, as `<` compares, because the order must not depend on a locale.
  for (const name of names.toSorted()) {
    path.push(name)
    if (name === '__proto__') throw unfit(path, 'has a name that changes what an object is')
    if (!Object.prototype.propertyIsEnumerable.call(value, name)) throw unfit(path, 'is hidden from JSON')
    const part = (value as Readonly<Record<string, unknown>>)[name]
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${write(part, path, ancestors)}`
    path.pop()
  }
  return `{${text}}`
}

/** Whether a value's prototype is null or the Object.prototype of any realm: frames and tests have their own. */
export function isOfNoClass(value: object): boolean {
  const base: unknown = Object.getPrototypeOf(value)
  if (base === null) return true
  const isRoot = Object.getPrototypeOf(base) === null && Object.hasOwn(base as object, 'propertyIsEnumerable')
  return isRoot && Object.prototype.toString.call(value) === '[object Object]'
}

/**
 * A Date's ISO text in quotes; undefined if the value is no Date. The text is made by the root of the value's classes,
 * not by a method of its own. A Date of a class that holds more than the moment (a zone) is refused.
 */
function dateText(value: object, path: Path): string | undefined {
  if (Symbol.toStringTag in value || Object.prototype.toString.call(value) !== '[object Date]')
    return undefined
  const classes = prototypesOf(value)
  // The last but one: the last is Object.prototype.
  const root: { readonly toISOString?: () => string } | undefined = classes.at(-2)
  const tellsMore = classes
    .slice(0, -2)
    .some(each => ['toJSON', 'toISOString', 'valueOf', 'getTime'].some(name => Object.hasOwn(each, name)))
  // Fake clocks give each Date a `constructor` of its own.
  const hasMore = ownNames(value).some(name => name !== 'constructor')
  if (tellsMore || hasMore || typeof root?.toISOString !== 'function')
    throw unfit(path, 'is a Date of a class of its own: give its text')
  try {
    return JSON.stringify(root.toISOString.call(value))
  } catch {
    throw unfit(path, 'is an invalid Date')
  }
}

function ownNames(value: object): readonly PropertyKey[] {
  return [...Object.getOwnPropertyNames(value), ...Object.getOwnPropertySymbols(value)]
}

function prototypesOf(value: object): object[] {
  const found: object[] = []
  for (let at: unknown = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at))
    found.push(at as object)
  return found
}

/** For the message only: the name that a class gives itself, if it is a word. */
function className(value: object): string {
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name
  const word = tag === 'Object' && typeof name === 'string' && name !== 'Object' ? name : tag
  return /^\w{1,40}$/.test(word) ? `class ${word}` : 'a class of its own'
}

function unfit(path: Path, fault: string, part?: unknown): NotPlain {
  const place = path.map(name => (typeof name === 'number' ? `[${name}]` : `.${name}`)).join('')
  return new NotPlain(`${place === '' ? 'it' : place.replace(/^\./, '')} ${fault}`, part)
}
