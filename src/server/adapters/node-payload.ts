import { configurationError } from '../../public/errors.ts'
import { isAsSent, isJsonText, mayBeJson } from './body-text.ts'
import type { HeaderLookup } from '../answer/header-table.ts'
import type { LeftByParser } from './lost-body.ts'
import {
  isEmptyBody,
  isJson,
  isMultipart,
  isNothing,
  isObjectOrList,
  isPlaceholder,
  isPresent,
  mayLackFile,
} from './lost-body.ts'
import type { NodePayload } from './node-asked.ts'
import { askedOfNode } from './node-asked.ts'
import type { NodeRequest } from './node-request.ts'
import { announcesBody, headersOfNode, takesBody } from './node-request.ts'
import type { AskedRequest } from '../request/asked.ts'
import { isJsonData, payloadText } from '../request/payload-text.ts'
import { isUnread, readAndPutBack } from './unread-body.ts'
import { filesText, partsText } from './uploaded-files.ts'

/*
 * What stands for the body behind Express and Fastify. A body that nobody has read yet is read and put back. If a
 * parser has read the body, the parser's result counts, and files count with their content. If neither is visible,
 * the request is refused.
 */

export type PayloadRules = {
  /** Returns what counts instead of the body. */
  readonly payload: (() => unknown) | undefined
  /** Whether the parser of multipart bodies leaves its files in `body`. */
  readonly filesInBody: boolean
  /** Whether a schema may have removed unknown properties from `body`. */
  readonly isStripped: boolean
}

/**
 * Reads a request of Node behind a body parser. If its body cannot be seen, only reading it rejects, with a
 * `configuration` error: a request without a key is executed as always, even if its body was read.
 */
export function askedBehindParser(
  source: NodeRequest,
  parsed: LeftByParser,
  rules: PayloadRules,
): AskedRequest | Promise<AskedRequest> {
  if (!takesBody(source.method ?? 'GET')) return askedOfNode(source, {})
  const unread = (error: unknown) => askedOfNode(source, { read: () => Promise.reject(error) })
  try {
    const headers = headersOfNode(source)
    const asked = (payload: NodePayload) => askedOfNode(source, { headers, ...payload })
    const payload =
      rules.payload === undefined ? payloadOf(source, parsed, { rules, headers }) : payloadBy(rules.payload)
    return payload instanceof Promise ? payload.then(asked).catch(unread) : asked(payload)
  } catch (error) {
    return unread(error)
  }
}

async function payloadBy(payload: () => unknown): Promise<NodePayload> {
  return { bytes: encoder.encode(await payloadText(await payload(), 'payload')) }
}

function payloadOf(
  source: NodeRequest,
  parsed: LeftByParser,
  { rules, headers }: { readonly rules: PayloadRules; readonly headers: HeaderLookup },
): NodePayload | Promise<NodePayload> {
  const { body } = parsed
  const announced = announcesBody(source, headers)
  // Some value may lie in `body` anyway, such as the empty object that Express 4 sets, but it was not made from this
  // body.
  const stream = isObjectOrList(body) && isUnread(body) ? body : source
  if ((announced || stream === body) && isUnread(stream))
    return {
      read: async limitBytes => {
        // Somebody else may have begun to read in the meantime.
        if (!isUnread(stream)) throw unseen()
        return readAndPutBack(stream, limitBytes)
      },
    }
  const uploads = [parsed.file, parsed.files, parsed.fields].filter(isPresent)
  // What a parser leaves if it found no file proves nothing about a file that was stored elsewhere.
  const hasFiles = [parsed.file, parsed.files].some(one => isPresent(one) && !isNothing(one))
  if (!hasFiles) {
    const left = fieldsOf(parsed)
    if (!announced && (left === undefined || left === null)) return {}
    if (left === undefined || (left === null && !isJson(headers))) throw unseen()
    if (isMultipart(headers)) {
      if (mayLackFile(source, { ...parsed, body: left }, { headers, filesInBody: rules.filesInBody }))
        throw unseen()
    } else if (
      announced &&
      isPlaceholder(source, left, headers) &&
      !(rules.isStripped && isObjectOrList(left))
    )
      throw unseen()
  }
  if (typeof body === 'string' && uploads.length === 0 && mayBeJson(body, headers))
    return { bytes: textBytes(body, headers), counted: countedText(body, headers) }
  // The result of a JSON parser: nearly every request.
  if (uploads.length === 0 && isObjectOrList(body) && !isMultipart(headers) && isJsonData(body))
    return { bytes: encoder.encode(JSON.stringify(body)) }
  return seenBody(body, uploads, isMultipart(headers) && rules.filesInBody)
}

/**
 * What was made of the body besides its files. `fields` counts only together with `files`, as formidable leaves the
 * pair. Alone, `fields` may be anything, such as a list from the query.
 */
function fieldsOf({ body, files, fields }: LeftByParser): unknown {
  if (!isObjectOrList(fields) || Array.isArray(fields) || !isPresent(files)) return body
  if (isEmptyBody(body)) return fields
  return isObjectOrList(body) && !Array.isArray(body) ? { ...fields, ...body } : body
}

/** Text from a JSON body is turned back into JSON, so that `parse` reads the body as it was sent. */
export function textBytes(text: string, headers: HeaderLookup): Uint8Array<ArrayBuffer> {
  return encoder.encode(isJson(headers) && isAsSent(text, headers) === false ? JSON.stringify(text) : text)
}

/**
 * Counts in quotes, which distinguishes text from any other JSON. Version 0.1.0 counted it without quotes, and `5`
 * equalled `"5"`.
 */
function countedText(text: string, headers: HeaderLookup) {
  const isItself = isAsSent(text, headers) === true || !isJsonText(text)
  return {
    bytes: encoder.encode(JSON.stringify(text)),
    earlier: isItself ? encoder.encode(text) : undefined,
  }
}

async function seenBody(body: unknown, uploads: readonly unknown[], hasParts: boolean): Promise<NodePayload> {
  if (uploads.length === 0 && body instanceof Uint8Array) return { bytes: new Uint8Array(body) }
  if (uploads.length === 0 && typeof body === 'string') return { bytes: encoder.encode(body) }
  const path = 'request.body'
  const texts = [hasParts ? await partsText(body, path) : await payloadText(body, path)]
  for (const upload of uploads) texts.push(await filesText(upload, 'request.files'))
  return { bytes: encoder.encode(texts.join('\n')) }
}

const encoder = new TextEncoder()

function unseen(): Error {
  return configurationError(
    'request.body',
    'was read, or is being read, by another middleware, which left no copy in body, file or files: ' +
      'mount this before it, so that the body is read here first, or say what counts of the request by the option payload',
  )
}
