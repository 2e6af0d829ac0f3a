import { carriageOf } from '../../core/record/key-carriage.ts'
import { canonicalParts, jsonFaultOf, jsonPartOf } from '../../core/names/canonical-json.ts'
import type { Meant } from '../../core/record/same-payload.ts'
import { meaningOf } from '../../core/record/same-payload.ts'
import type { Target } from '../../core/record/operation-record.ts'
import type { Profile } from '../../core/answers/profile.ts'
import { configurationError, isOperationError } from '../../public/errors.ts'
import { refuseUnknown } from '../../guards/option-checks.ts'
import { headerPairs } from '../../guards/header-pairs.ts'
import type { KeyWriter } from './key-writer.ts'
import { keyWriter } from './key-writer.ts'
import { multipartBytes } from './multipart.ts'
import { utf8Of } from './utf8.ts'
import type { RequestSpec } from './request-spec.ts'
import type { Sendable } from './sendable.ts'
import { bytesNow, formNow } from './spec-now.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { whenKnown } from '../../runtime/when-known.ts'
import { hearThrown, hearWithin, synchronous } from '../../guards/synchronous.ts'

const FIELDS = ['method', 'url', 'json', 'body', 'headers']

/** A request that is ready to send. Its bytes can be made any number of times and are the same each time. */
export type Payload = {
  readonly method: string
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly target: Target
  readonly fingerprint: string
  /** The boundary of FormData is derived from the key, so the bytes depend on it. */
  bytes(key: string): PayloadBytes | Promise<PayloadBytes>
}

export type PayloadBytes = {
  readonly body: Uint8Array<ArrayBuffer> | undefined
  /** The text whose UTF-8 encoding is the body, if the body was made from a text. */
  readonly text: string | undefined
  readonly contentType: string | undefined
  readonly hash: string
  /**
   * Set if the key is part of it: the URL, and for a request that takes the key also headers and target, which may
   * depend on it.
   */
  readonly url?: URL | undefined
  readonly headers?: Payload['headers'] | undefined
  readonly target?: Target | undefined
}

export type PayloadContext = {
  readonly runtime: Runtime
  readonly resolveUrl: (url: string | URL) => URL
  readonly profile: Pick<Profile, 'name' | 'honoursKeys' | 'header' | 'format' | 'key'>
  /** The request carries the key where the profile puts it; a request that only asks does not. */
  readonly carriesKey?: boolean | undefined
  readonly account: string
  /** The account is part of what must not change. */
  readonly accountCounts?: boolean | undefined
  /** The value that the definition compares instead of the body. */
  readonly fingerprint: unknown
  /** How errors name the definition: `operation(place-order).request`. */
  readonly path: string
  /** A URL without a scheme must not lead to another host: the http layer's credentials would go there (P7). */
  readonly staysAtHost?: boolean | undefined
}

const encoder = new TextEncoder()

/**
 * Checks a request and prepares it, or throws a `configuration` error that names the mistake. The values of the
 * callbacks are read in the tick of the call, because later changes to the input are another payload. Returns a promise
 * only if hashes or bytes take time.
 */
export function preparePayload(spec: RequestSpec, context: PayloadContext): Payload | Promise<Payload> {
  const { runtime, account, accountCounts } = context
  const { method, url, given, headers, source, part, writer } = requestAtCall(spec, context)
  const { pathname, search } = url
  const origin = knownOrigin(url.origin)
  const queryHash = search === '' ? '' : runtime.digest(encoder.encode(search))
  // The canonical text has been hashed; only the text that is sent is kept.
  const sendable: Sendable = source.kind === 'json' ? { kind: 'json', text: source.text } : source
  const bytes = (key: string, written = key) =>
    whenKnown(writer?.body(sendable, written) ?? sendable, body => bytesOf(body, key, runtime))
  // The key is not part of the fingerprint: the next generation has the same payload.
  const meant = part ?? whenKnown(bytes('fingerprint', ''), ({ hash }): Meant => ['bytes', hash])
  const fingerprint = whenKnown(meant, parts =>
    runtime.digest(meaningOf({ method, url }, parts, accountCounts === true ? account : undefined)),
  )
  const payload = (query: string, meaning: string): Payload => ({
    method,
    url,
    headers,
    target: {
      method,
      origin,
      path: pathname,
      queryHash: query,
      profile: context.profile.name,
      carriage: carriageOf(context.profile),
      account,
    },
    fingerprint: meaning,
    bytes: remembered(key =>
      whenKnown(bytes(key), made => (writer === undefined ? made : { ...made, url: writer.url(given, key) })),
    ),
  })
  if (typeof queryHash === 'string' && typeof fingerprint === 'string') return payload(queryHash, fingerprint)
  return Promise.all([queryHash, fingerprint]).then(([query, meaning]) => payload(query, meaning))
}

let lastOrigin = ''

/** Returns one shared string per origin: a URL creates a new one at each access, and every record and run holds one. */
function knownOrigin(origin: string): string {
  if (origin !== lastOrigin) lastOrigin = origin
  return lastOrigin
}

type RequestAtCall = Pick<Payload, 'method' | 'url' | 'headers'> & {
  /** The URL as given. If it contains a key, the real one replaces that key. */
  readonly given: URL
  readonly source: BodySource
  /** The value that must not change; undefined if the bytes are compared. */
  readonly part: Meant | undefined
  /** Undefined if a header carries the key. */
  readonly writer: KeyWriter | undefined
}

function requestAtCall(spec: RequestSpec, context: PayloadContext): RequestAtCall {
  try {
    requireSpec(spec, context.path)
    const { method, url, json, body, headers } = spec
    // Each property is read once, so that the values checked are the values sent.
    const given = { method, url, json, body, headers }
    const source = sourceOf(given, context.path)
    const checked = {
      method: methodOf(given, context.path),
      url: urlOf(given, context),
      headers: headersOf(given, context),
    }
    const writer = writerOf(checked.headers, context)
    // A body that cannot contain the key is refused at the call.
    const compared = writer === undefined ? source : withoutKey(source, writer)
    return {
      ...checked,
      url: writer?.url(checked.url, undefined) ?? checked.url,
      given: checked.url,
      source,
      part: context.fingerprint === undefined ? jsonPart(compared) : customPart(context),
      writer,
    }
  } catch (error) {
    hearWithin([spec, context.fingerprint])
    throw error
  }
}

function writerOf(
  headers: Payload['headers'],
  { profile, carriesKey, path }: PayloadContext,
): KeyWriter | undefined {
  return carriesKey === true ? keyWriter(profile, { headers, path }) : undefined
}

/** The body in the form that is compared: without the value of its key field, which is not part of its meaning. */
function withoutKey(source: BodySource, writer: KeyWriter): BodySource {
  // A body that takes time to read is checked together with its bytes.
  if (source.kind === 'blob') return source
  const written = writer.body(source, '')
  if (source.kind !== 'json' || written instanceof Promise || written.kind !== 'json') return source
  return { ...source, canonical: canonicalParts(JSON.parse(written.text)) }
}

function requireSpec(spec: RequestSpec, path: string): void {
  // A Request or a Map has no own properties, so it would be read only in part.
  if (typeof synchronous(spec, path) !== 'object' || spec === null || Object.keys(spec).length === 0)
    throw configurationError(path, 'must give { method, url, json | body, headers? }')
  refuseUnknown(
    spec,
    FIELDS,
    `${path}.`,
    'would be left out: a request has method, url, json | body, headers',
  )
}

/** Caches the bytes of the last key: a run needs them repeatedly, with the same key. */
export function remembered(make: Payload['bytes']): Payload['bytes'] {
  let last: { readonly key: string; readonly bytes: ReturnType<Payload['bytes']> } | undefined
  return key => {
    if (last?.key !== key) last = { key, bytes: make(key) }
    return last.bytes
  }
}

type BodySource =
  | Exclude<Sendable, { kind: 'json' }>
  | (Extract<Sendable, { kind: 'json' }> & { readonly canonical: readonly string[] })

function sourceOf(spec: RequestSpec, path: string): BodySource {
  const { body, json } = spec
  if (json !== undefined && body !== undefined)
    throw configurationError(path, 'must give json or body, not both')
  if (json !== undefined) return jsonSource(json, path)
  if (body === undefined || body === null) return { kind: 'none' }
  if (typeof body === 'string') return textSource(body, 'text/plain;charset=UTF-8')
  if (body instanceof URLSearchParams) {
    return textSource(body.toString(), 'application/x-www-form-urlencoded;charset=UTF-8')
  }
  if (body instanceof FormData) return { kind: 'form', form: formNow(body) }
  if (body instanceof Blob) return { kind: 'blob', blob: body }
  if (body instanceof ArrayBuffer)
    return { kind: 'bytes', bytes: new Uint8Array(body.slice(0)), contentType: undefined }
  if (ArrayBuffer.isView(body)) return { kind: 'bytes', bytes: bytesNow(body), contentType: undefined }
  throw configurationError(
    `${path}.body`,
    'can be sent only once, or is of no known kind: give json, a string, URLSearchParams, bytes, a Blob or FormData',
  )
}

function textSource(text: string, contentType: string): BodySource {
  return { kind: 'bytes', bytes: utf8Of(text), text, contentType }
}

function jsonSource(json: unknown, path: string): BodySource {
  try {
    return { kind: 'json', canonical: canonicalParts(json), text: JSON.stringify(json) }
  } catch (error) {
    hearThrown(jsonPartOf(error))
    throw configurationError(`${path}.json`, jsonFaultOf(error))
  }
}

/** A `json` body is compared by its meaning, any other by its bytes. */
function jsonPart(source: BodySource): Meant | undefined {
  return source.kind === 'json' ? ['json', source.canonical] : undefined
}

function customPart(context: PayloadContext): Meant {
  try {
    return ['custom', canonicalParts(context.fingerprint)]
  } catch (error) {
    hearThrown(jsonPartOf(error))
    throw configurationError(context.path.replace(/request$/, 'fingerprint'), jsonFaultOf(error))
  }
}

function bytesOf(source: Sendable, key: string, runtime: Runtime): PayloadBytes | Promise<PayloadBytes> {
  switch (source.kind) {
    case 'none':
      return { body: undefined, text: undefined, contentType: undefined, hash: '' }
    case 'json':
      return hashed(utf8Of(source.text), 'application/json', runtime, source.text)
    case 'bytes':
      return hashed(source.bytes, source.contentType, runtime, source.text)
    case 'blob':
      return blobBytes(source.blob, runtime)
    case 'form':
      return formBytes(source.form, key, runtime)
    default:
      return source satisfies never
  }
}

async function blobBytes(blob: Blob, runtime: Runtime): Promise<PayloadBytes> {
  return hashed(new Uint8Array(await blob.arrayBuffer()), blob.type || undefined, runtime)
}

async function formBytes(form: FormData, key: string, runtime: Runtime): Promise<PayloadBytes> {
  const boundary = `stillonce-${(await runtime.digest(encoder.encode(key))).slice(0, 32)}`
  return hashed(await multipartBytes(form, boundary), `multipart/form-data; boundary=${boundary}`, runtime)
}

function hashed(
  body: Uint8Array<ArrayBuffer>,
  contentType: string | undefined,
  runtime: Runtime,
  text?: string,
): PayloadBytes | Promise<PayloadBytes> {
  const hash = runtime.digest(body)
  if (typeof hash === 'string') return { body, text, contentType, hash }
  return hash.then(hex => ({ body, text, contentType, hash: hex }))
}

function methodOf(spec: RequestSpec, path: string): string {
  const { method } = spec
  if (typeof method !== 'string' || !/^[A-Za-z]+$/.test(method)) {
    throw configurationError(`${path}.method`, 'must be an HTTP method')
  }
  const name = method.toUpperCase()
  if (['CONNECT', 'TRACE', 'TRACK'].includes(name))
    throw configurationError(`${path}.method`, `fetch refuses ${name}`)
  if (['GET', 'HEAD'].includes(name) && (spec.json !== undefined || spec.body !== undefined)) {
    throw configurationError(`${path}.body`, `${name} has no body`)
  }
  return name
}

/** A URL without a scheme that leads to another host: `//host/x`, also with backslashes. */
const OTHER_HOST = /^[\t\n\r ]*[\\/][\t\n\r]*[\\/]/

function urlOf(spec: RequestSpec, context: PayloadContext): URL {
  const url = tryUrl(spec.url, context)
  if (!/^https?:$/.test(url.protocol))
    throw configurationError(`${context.path}.url`, 'must be http or https')
  if (url.username !== '' || url.password !== '') {
    throw configurationError(`${context.path}.url`, 'must not carry credentials')
  }
  if (url.hash !== '') url.hash = ''
  return url
}

function tryUrl(given: unknown, context: PayloadContext): URL {
  if (context.staysAtHost === true && typeof given === 'string' && OTHER_HOST.test(given))
    throw configurationError(
      `${context.path}.url`,
      'begins with two slashes, which leads to another host: give the whole URL, or put ids through encodeURIComponent',
    )
  try {
    if (typeof given === 'string' || given instanceof URL) return context.resolveUrl(given)
  } catch (error) {
    // An OperationError comes from the http layer and is passed on. For any other error, the message below leaves out
    // the URL, which may contain a secret.
    if (isOperationError(error)) throw error
  }
  throw configurationError(`${context.path}.url`, 'is not a URL, or is relative without a `baseUrl`')
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})

function headersOf(spec: RequestSpec, context: PayloadContext): Readonly<Record<string, string>> {
  if (spec.headers === undefined) return NO_HEADERS
  const path = `${context.path}.headers`
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of headerPairs(spec.headers, path)) {
    // Node's own error would repeat the value, which may be a credential.
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
      throw configurationError(path, 'a name is not a header name')
    // Leaving out an undefined header could drop a condition, or send to another tenant.
    if (value === undefined)
      throw configurationError(`${path}.${name}`, 'is undefined: leave it out or give a text')
    if (typeof value !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw configurationError(`${path}.${name}`, 'is not a header value')
    }
    const lower = name.toLowerCase()
    if (lower === context.profile.header?.toLowerCase()) {
      throw configurationError(`${path}.${name}`, 'is the key itself, which the client sets')
    }
    // A name that is given twice becomes one header with both values, as in `fetch`.
    headers[lower] = lower in headers ? `${headers[lower]}, ${value}` : value
  }
  return headers
}
