import { configurationError } from '../../public/errors.ts'
import { bytesText, payloadText } from '../request/payload-text.ts'
import { isPlainTable } from '../request/plain-table.ts'

/*
 * Files as upload parsers leave them: multer, express-fileupload, formidable, @fastify/multipart. A file counts by
 * its content, its type, and the name that the client gave; never by where it was stored, which differs each time.
 */

type Fields = Readonly<Record<string, unknown>>

/** The text of `req.file` or `req.files`, which only a parser of uploads has set. */
export async function filesText(value: unknown, path: string): Promise<string> {
  return textOf(value, path, isFile, fileText)
}

/** The text of a multipart body with its parts, as @fastify/multipart leaves it. */
export async function partsText(value: unknown, path: string): Promise<string> {
  return textOf(value, path, isPart, partText)
}

async function textOf(
  value: unknown,
  path: string,
  isIt: (fields: Fields) => boolean,
  text: (fields: Fields, path: string) => Promise<string>,
): Promise<string> {
  if (Array.isArray(value)) {
    const texts: string[] = []
    for (const [index, one] of value.entries()) texts.push(await textOf(one, `${path}[${index}]`, isIt, text))
    return `[${texts.join(',')}]`
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value))
    return payloadText(value, path)
  const fields = value as Fields
  if (isIt(fields)) return text(fields, path)
  // Files grouped by field: the tables of multer and express-fileupload are plain objects.
  if (!isPlainTable(value)) return payloadText(value, path)
  const texts: string[] = []
  for (const [name, one] of Object.entries(fields))
    texts.push(`${JSON.stringify(name)}:${await textOf(one, `${path}.${name}`, isIt, text)}`)
  return `{${texts.join(',')}}`
}

/** Whether a value is a file from multer, express-fileupload or formidable. */
function isFile(fields: Fields): boolean {
  return ['originalname', 'originalFilename', 'tempFilePath'].some(name => name in fields) || 'mv' in fields
}

async function fileText(fields: Fields, path: string): Promise<string> {
  const name = fields['originalname'] ?? fields['originalFilename'] ?? fields['name']
  const about = JSON.stringify([fields['fieldname'], name, fields['mimetype']])
  const where = [fields['tempFilePath'], fields['filepath'], fields['path']].find(isText)
  const bytes = [fields['buffer'], fields['data']].find(one => one instanceof Uint8Array)
  if (bytes !== undefined && (bytes.byteLength > 0 || where === undefined))
    return `<file ${about} ${await bytesText(new Uint8Array(bytes))}>`
  if (where !== undefined) return `<file ${about} ${await contentText(where, path)}>`
  throw configurationError(
    path,
    'is a file whose content is not here: say what counts of the request by the option payload, its hash for example',
  )
}

/** A part from @fastify/multipart with `attachFieldsToBody`. Its `fields` property leads back to all other parts. */
export function isPart(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Fields
  return isText(fields['fieldname']) && (fields['type'] === 'field' || fields['type'] === 'file')
}

async function partText(fields: Fields, path: string): Promise<string> {
  if (fields['type'] === 'field') return payloadText(fields['value'], path)
  const bytes = fields['_buf']
  if (!(bytes instanceof Uint8Array))
    throw configurationError(
      path,
      'is a file that was not read into memory: say what counts of the request by the option payload',
    )
  const about = JSON.stringify([fields['fieldname'], fields['filename'], fields['mimetype']])
  return `<file ${about} ${await bytesText(new Uint8Array(bytes))}>`
}

/** Read in chunks, because a file may be larger than the memory. */
async function contentText(where: string, path: string): Promise<string> {
  const { createReadStream, createHash } = builtIn(path)
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(where)) hash.update(chunk)
  } catch {
    throw configurationError(
      path,
      'is a file that cannot be read again, so that its content is not known: say what counts of the request by the option payload',
    )
  }
  return `<bytes ${hash.digest('hex')}>`
}

interface Hash {
  update(chunk: Uint8Array): unknown
  digest(form: 'hex'): string
}

type BuiltIn = {
  readonly createReadStream: (where: string) => AsyncIterable<Uint8Array>
  readonly createHash: (name: 'sha256') => Hash
}

/**
 * Only a runtime that has written a file has these modules. They are not imported, so that bundles for other runtimes
 * work.
 */
function builtIn(path: string): BuiltIn {
  const { process } = globalThis as {
    readonly process?: { readonly getBuiltinModule?: (name: string) => Partial<BuiltIn> | undefined }
  }
  const { createReadStream } = process?.getBuiltinModule?.('node:fs') ?? {}
  const { createHash } = process?.getBuiltinModule?.('node:crypto') ?? {}
  if (createReadStream === undefined || createHash === undefined)
    throw configurationError(
      path,
      'is a file on disk, which this runtime cannot read: say what counts of the request by the option payload',
    )
  return { createReadStream, createHash }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
