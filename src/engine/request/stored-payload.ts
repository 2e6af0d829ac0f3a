import type { OpenRecord, StoredRequest, Target } from '../../core/record/operation-record.ts'
import { parsedUrl } from '../../core/names/parsed-url.ts'
import { configurationError } from '../../public/errors.ts'
import type { Engine } from '../engine.ts'
import type { Payload, PayloadBytes } from './payload.ts'
import type { Plan } from '../plan.ts'
import { bodyFromStored, bodyToStore } from './stored-body.ts'

/** A record is read, checked and written as one text: what is longer belongs elsewhere, bytes. */
const LONGEST_BODY = 8 * 1024 * 1024

/** What `persist: 'request'` keeps: URL, bytes, content type and the headers that the definition lists; never a credential. */
export function requestToStore(
  plan: Pick<Plan, 'name' | 'keepHeaders'>,
  payload: Payload,
  bytes: PayloadBytes,
): StoredRequest {
  if (bytes.body !== undefined && bytes.body.byteLength > LONGEST_BODY) {
    throw configurationError(
      `operation(${plan.name}).persist`,
      `keeps the request, whose body may then have at most ${LONGEST_BODY} bytes`,
    )
  }
  const headers: Record<string, string> = {}
  const contentType = payload.headers['content-type'] ?? bytes.contentType
  if (contentType !== undefined) headers['content-type'] = contentType
  for (const name of plan.keepHeaders) {
    const value = payload.headers[name]
    if (value !== undefined) headers[name] = value
  }
  return { url: payload.url.href, headers, ...bodyToStore(bytes) }
}

/**
 * The request that a record keeps (`persist: 'request'`), ready to be sent again, or why it may not be. A stored
 * record is data from outside: its URL must be the operation's own and the http layer's, its body the one that
 * was hashed, and of its headers only those are taken that the definition keeps.
 */
export async function storedPayload(
  engine: Engine,
  plan: Pick<Plan, 'keepHeaders'>,
  record: OpenRecord,
): Promise<Payload | string> {
  const { request, target, bodyHash } = record
  if (request === undefined) return 'the request is not stored'
  if (!isValidStill(engine, record)) return 'the request is older than `validFor`'
  const url = parsedUrl(request.url)
  if (url === undefined || !(await isOwnUrl(engine, url, target)))
    return 'the stored URL is not that of the operation'
  if (url.origin !== ownOrigin(engine)) return 'the stored URL is not on the origin of the http layer'
  const body = bodyFromStored(request)
  if (body === null) return 'the stored body cannot be read'
  if ((body === undefined ? '' : await engine.runtime.digest(body)) !== bodyHash)
    return 'the stored body is not the one that the operation was begun with'
  const headers: Record<string, string> = Object.create(null)
  for (const name of plan.keepHeaders) {
    const value = request.headers[name]
    if (value !== undefined) headers[name] = value
  }
  return {
    method: target.method,
    url,
    headers,
    target,
    fingerprint: record.fingerprint,
    bytes: async () => ({
      body,
      text: request.text,
      contentType: request.headers['content-type'],
      hash: bodyHash,
    }),
  }
}

/** Whether an operation is young enough to be sent without a new call. A clock that went back makes nothing younger. */
export function isValidStill(engine: Engine, record: OpenRecord): boolean {
  const nowAt = Math.max(engine.runtime.now(), record.highestSeenAt)
  return nowAt - record.createdAt <= engine.settings.validForMs
}

async function isOwnUrl(engine: Engine, url: URL, target: Target): Promise<boolean> {
  if (url.origin !== target.origin || url.pathname !== target.path) return false
  if (url.username !== '' || url.password !== '') return false
  const { search } = url
  return (
    target.queryHash === (search === '' ? '' : await engine.runtime.digest(new TextEncoder().encode(search)))
  )
}

/** The origin that the http layer's base URL has; undefined without a base. */
export function ownOrigin(engine: Engine): string | undefined {
  try {
    return engine.transport.resolveUrl('.').origin
  } catch {
    return undefined
  }
}
