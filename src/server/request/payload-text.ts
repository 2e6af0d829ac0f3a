import { configurationError } from '../../public/errors.ts'
import { classOf, isPlainTable } from './plain-table.ts'

/*
 * The result of a body parser, as a text that differs for every different payload. Plain data becomes its JSON; bytes
 * and files count by a hash of their content. A value whose content cannot be seen (a stream, a class without data)
 * is refused, because it would equal every other payload.
 */

/** Returns the text. Throws a `configuration` error that names the part whose content cannot be seen. */
export async function payloadText(value: unknown, path: string): Promise<string> {
  return isJsonData(value) ? JSON.stringify(value) : textOf(value, path, new Set())
}

/** Whether JSON writes the value unchanged, as it does for nearly every body. */
export function isJsonData(value: unknown, depth = 0): boolean {
  if (depth > MOST_LEVELS) return false

  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(one => isJsonData(one, depth + 1))
  return (
    typeof value === 'object' &&
    isPlainTable(value) &&
    Object.values(value).every(one => isJsonData(one, depth + 1))
  )
}

/** Deeper data, and data that contains itself, takes the slow path. */
const MOST_LEVELS = 100

/** `above`: the objects that contain the value. One set is enough, because the parts are read one after another. */
async function textOf(value: unknown, path: string, above: Set<object>): Promise<string> {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      // JSON would write null for these numbers.
      return Number.isFinite(value) ? JSON.stringify(value) : `<${value}>`
    case 'bigint':
      return `<${value}n>`
    case 'undefined':
      return '<undefined>'
    case 'object':
      return value === null ? 'null' : textOfObject(value, path, above)
    default:
      throw unseen(path, `a ${typeof value}`)
  }
}

async function textOfObject(value: object, path: string, above: Set<object>): Promise<string> {
  if (above.has(value)) throw unseen(path, 'a circle')
  above.add(value)
  // A client can nest data deeper than the stack allows. After an await the code continues on a new stack.
  if (above.size % MOST_LEVELS === 0) await Promise.resolve()
  const text = await contentOf(value, path, above)
  above.delete(value)
  return text
}

async function contentOf(value: object, path: string, within: Set<object>): Promise<string> {
  const bytes = bytesOf(value)
  if (bytes !== undefined) return bytesText(bytes)
  if (value instanceof Blob) return blobText(value)
  if (value instanceof URLSearchParams) return `<query ${JSON.stringify(String(value))}>`
  if (value instanceof FormData || value instanceof Map) return `<${await list([...value], path, within)}>`
  if (value instanceof Set) return `<set ${await list([...value], path, within)}>`
  if (Array.isArray(value)) return list(value, path, within)
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return textOf((value.toJSON as () => unknown)(), path, within)
  if (isStream(value)) throw unseen(path, 'a stream')
  const entries = Object.entries(value).filter(([, one]) => one !== undefined && typeof one !== 'function')
  // Nobody can see what a class keeps in private fields.
  if (!isPlainTable(value)) throw unseen(path, `of ${classOf(value)}`)
  let fields = ''
  for (const [name, one] of entries)
    fields += `${fields && ','}${JSON.stringify(name)}:${await textOf(one, `${path}.${name}`, within)}`
  return `{${fields}}`
}

async function list(values: readonly unknown[], path: string, within: Set<object>): Promise<string> {
  // Concatenated instead of joined, because joining would copy the text of each level again for the level above.
  let text = ''
  for (const [index, one] of values.entries())
    text += `${index === 0 ? '' : ','}${await textOf(one, `${path}[${index}]`, within)}`
  return `[${text}]`
}

export async function bytesText(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return `<bytes ${[...hash].map(byte => byte.toString(16).padStart(2, '0')).join('')}>`
}

async function blobText(blob: Blob): Promise<string> {
  const name = 'name' in blob ? blob.name : undefined
  const content = await bytesText(new Uint8Array(await blob.arrayBuffer()))
  return `<file ${JSON.stringify([name, blob.type])} ${content}>`
}

function bytesOf(value: object): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(value))
    return new Uint8Array(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined
}

function isStream(value: object): boolean {
  const { pipe, getReader } = value as { readonly pipe?: unknown; readonly getReader?: unknown }
  return typeof pipe === 'function' || typeof getReader === 'function' || Symbol.asyncIterator in value
}

function unseen(path: string, what: string): Error {
  return configurationError(
    path,
    `is ${what}, which shows nothing of its content: say what counts of the request by the option payload`,
  )
}
