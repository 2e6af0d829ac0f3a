import { parseExactDate } from '../../core/answers/http-date.ts'
import { configurationError } from '../../public/errors.ts'
import type { ReadBytes } from '../answer/bodies.ts'
import { joined } from '../answer/bodies.ts'
import { clockProblem } from '../answer/clock-problem.ts'
import { clockMarginMs } from '../core/decide.ts'
import { readKey, serverRecordKey } from '../core/key-header.ts'
import type { FirstSend } from '../core/memory.ts'
import type { OwnAnswer } from '../core/problem.ts'
import { problem } from '../core/problem.ts'
import type { ServerRuntime } from '../server-runtime.ts'
import type { AskedRequest } from './asked.ts'
import { withoutBoundary } from './multipart.ts'
import { payloadText } from './payload-text.ts'
import type { ScopedSettings, ServerSettings } from '../options.ts'
import { requestScopeFault, serverScopeFault } from './scope-check.ts'

/** A request with a key: everything that the key's state depends on. A class for the reason that `Service` has. */
export class Incoming {
  readonly key: string
  readonly scope: string
  readonly place: string
  readonly fingerprint: string
  /** The fingerprint that version 0.1.0 wrote, if that differs. */
  readonly earlierFingerprint: string | undefined
  readonly firstSent: FirstSend | undefined

  constructor(incoming: Incoming) {
    this.key = incoming.key
    this.scope = incoming.scope
    this.place = incoming.place
    this.fingerprint = incoming.fingerprint
    this.earlierFingerprint = incoming.earlierFingerprint
    this.firstSent = incoming.firstSent
  }
}

/** Why nothing was executed. `mistake`: a mistake of the server's owner, which the answer `told` does not mention. */
export type RefusedRequest = {
  readonly kind: 'refused'
  readonly told: OwnAnswer
  readonly key?: string
  readonly mistake?: unknown
}

/** `unkeyed`: the request has no key. */
export type ReadRequest =
  /** `bytes`: the body, or the bytes that stand for it. */
  | { readonly kind: 'keyed'; readonly incoming: Incoming; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'unkeyed' }
  | RefusedRequest

/** The key that a request to a key's own URL is about, and the place of its record. */
export type FoundKey = {
  readonly key: string
  readonly scope: string
  readonly place: string
  /** When the client first sent the key, if the request states that. */
  readonly firstSent: FirstSend | undefined
}

/**
 * Reads the key and everything about it from a request. Throws only errors of the user's own functions and of wrong
 * use.
 */
export async function readIncoming<Context>(
  asked: AskedRequest,
  { context, payload }: { readonly context?: Context | undefined; readonly payload?: unknown },
  settings: ScopedSettings<Context>,
  runtime: ServerRuntime,
): Promise<ReadRequest> {
  const reading = readKey(asked.headers.get(settings.header), settings.maxKeyLength)
  if (reading.kind === 'missing') return { kind: 'unkeyed' }
  if (reading.kind === 'invalid') return refused(problem('key-invalid', { detail: reading.fault }))
  const { key } = reading
  const nowAt = runtime.now()
  const told = firstSent(asked.headers.get(settings.firstSentHeader), settings, nowAt)
  if (told === 'invalid') return refused(firstSentInvalid(settings, nowAt), key)
  if (asked.isRead() && payload === undefined)
    throw configurationError(
      'request',
      'the body was read before `handle`, so that its content is not known: give what was read as the option payload',
    )
  const scope =
    typeof settings.scope === 'string' ? settings.scope : await scopeOf(settings, asked.request(), context)
  if (typeof scope !== 'string') return { ...scope, key }
  const given = payload === undefined ? asked.read(settings.maxBodyBytes) : readPayload(payload)
  const body = given instanceof Promise ? await given : given
  if (body.kind !== 'whole') return refused(refusedBody(body.kind, settings.maxBodyBytes), key)
  const digested = fingerprintsOf(asked, body.bytes, settings, runtime)
  const fingerprints = digested instanceof Promise ? await digested : digested
  return {
    kind: 'keyed',
    incoming: new Incoming({
      key,
      scope,
      place: serverRecordKey(scope, key),
      fingerprint: fingerprints.fingerprint,
      earlierFingerprint: fingerprints.earlierFingerprint,
      firstSent: told,
    }),
    bytes: body.bytes,
  }
}

/** The answer to a request whose body cannot be read completely. */
export function refusedBody(kind: 'cut' | 'too-large', maxBodyBytes: number): OwnAnswer {
  if (kind === 'cut') return problem('body-unreadable')
  return problem('body-too-large', { detail: `At most ${maxBodyBytes} bytes are allowed.` })
}

/** The key that a request to a key's own URL is about, and the place of its record. */
export async function readKeyUrl<Context>(
  request: Request,
  context: Context | undefined,
  settings: ScopedSettings<Context>,
  nowAt: number,
): Promise<FoundKey | RefusedRequest> {
  const given: unknown = settings.keyOf(request)
  const inUrl = typeof given === 'string' ? given : ''
  const reading = readKey(inUrl, settings.maxKeyLength)
  if (inUrl === '') return refused(problem('key-invalid', { detail: NO_KEY }))
  if (reading.kind !== 'key')
    return refused(problem('key-invalid', { detail: reading.kind === 'invalid' ? reading.fault : NO_KEY }))
  const { key } = reading
  const inHeader = readKey(request.headers.get(settings.header), settings.maxKeyLength)
  if (inHeader.kind !== 'missing' && (inHeader.kind !== 'key' || inHeader.key !== key))
    return refused(problem('key-invalid', { detail: 'The URL and the header name two keys.' }))
  const scope = await scopeOf(settings, request, context)
  if (typeof scope !== 'string') return { ...scope, key }
  const told = firstSent(request.headers.get(settings.firstSentHeader), settings, nowAt)
  if (told === 'invalid') return refused(firstSentInvalid(settings, nowAt), key)
  return { key, scope, place: serverRecordKey(scope, key), firstSent: told }
}

function firstSentInvalid({ firstSentHeader }: ServerSettings, nowAt: number): OwnAnswer {
  return clockProblem('first-sent-invalid', nowAt, `${firstSentHeader} must be an HTTP-date of the past.`)
}

const NO_KEY = 'The URL has no key that is sure: it ends in /by-key/ and what keyPath(key) gives.'

/** Checks a scope that a caller names directly. Throws a `configuration` error. */
export function checkedScope(scope: unknown): string {
  const fault = serverScopeFault(scope)
  if (fault !== undefined || typeof scope !== 'string') throw configurationError('scope', `${fault}`)
  return scope
}

/** A wrong scope would merge the keys of different users, or separate the keys of one user. */
async function scopeOf<Context>(
  { scope: option }: ScopedSettings<Context>,
  request: Request,
  context: Context | undefined,
): Promise<string | RefusedRequest> {
  if (typeof option === 'string') return option
  if (option.length > 1 && context === undefined)
    throw configurationError('context', 'was not given, and `scope` takes it: see HandleOptions.context')
  const scope: unknown = await option(request, context as Context)
  const fault = requestScopeFault(scope, request)
  if (fault === undefined && typeof scope === 'string') return scope
  return {
    kind: 'refused',
    told: problem('scope-invalid'),
    mistake: configurationError('scope', `${fault}`),
  }
}

/**
 * A time in the future comes from a clock that is ahead. If it is ahead by more than the margin, the time proves
 * nothing.
 */
function firstSent(
  value: string | null,
  { retention }: ServerSettings,
  nowAt: number,
): FirstSend | undefined | 'invalid' {
  if (value === null) return undefined
  const told = parseExactDate(value, nowAt)
  return told === undefined || told.at > nowAt + clockMarginMs(retention) ? 'invalid' : told
}

const encoder = new TextEncoder()

async function readPayload(payload: unknown): Promise<ReadBytes> {
  return { kind: 'whole', bytes: encoder.encode(await payloadText(payload, 'payload')) }
}

type Fingerprints = Pick<Incoming, 'fingerprint'> & Partial<Pick<Incoming, 'earlierFingerprint'>>

function fingerprintsOf(
  asked: AskedRequest,
  bytes: Uint8Array<ArrayBuffer>,
  { fingerprint }: ServerSettings,
  runtime: ServerRuntime,
): Fingerprints | Promise<Fingerprints> {
  const target = targetBytes(`${asked.method} ${asked.target()}\n`)
  const digest = (body: Uint8Array<ArrayBuffer>) => runtime.digest(joined([target, body]))
  if (fingerprint !== undefined) return fingerprintBy(fingerprint, asked.request(), bytes, digest)
  const { counted } = asked
  if (counted !== undefined) return fingerprintPair(counted.bytes, counted.earlier, digest)
  const bare = withoutBoundary(asked.headers.get('content-type'), bytes)
  if (bare !== undefined) return fingerprintPair(bare, bytes, digest)
  const only = digest(bytes)
  return typeof only === 'string' ? { fingerprint: only } : only.then(hash => ({ fingerprint: hash }))
}

let lastTarget = { text: '', bytes: encoder.encode('') }

/** Many requests in a row are for one route, and encoding the route costs as much as the hash. */
function targetBytes(text: string): Uint8Array<ArrayBuffer> {
  if (text !== lastTarget.text) lastTarget = { text, bytes: encoder.encode(text) }
  return lastTarget.bytes
}

type DigestOf = (body: Uint8Array<ArrayBuffer>) => string | Promise<string>

async function fingerprintBy(
  fingerprint: NonNullable<ServerSettings['fingerprint']>,
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
  digest: DigestOf,
): Promise<Fingerprints> {
  const text: unknown = await fingerprint(request, bytes)
  // Without a text, all payloads would count as the same.
  if (typeof text !== 'string') throw configurationError('fingerprint', 'must give a text')
  return { fingerprint: await digest(encoder.encode(text)) }
}

async function fingerprintPair(
  now: Uint8Array<ArrayBuffer>,
  earlier: Uint8Array<ArrayBuffer> | undefined,
  digest: DigestOf,
): Promise<Fingerprints> {
  const earlierFingerprint = earlier && (await digest(earlier))
  return { fingerprint: await digest(now), earlierFingerprint }
}

function refused(told: OwnAnswer, key?: string): RefusedRequest {
  return { kind: 'refused', told, ...(key !== undefined && { key }) }
}
