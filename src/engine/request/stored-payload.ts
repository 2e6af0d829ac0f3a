import { definitionPath } from '../plan.ts'
import type { OpenRecord, StoredRequest } from '../../core/record/operation-record.ts'
import {
  LONGEST_KEPT_BODY,
  requestHeadersToKeep,
  keyHeaderLeftOut,
  listedHeaders,
} from '../../core/stored/kept-request.ts'
import type { Validity } from '../../core/stored/resumable.ts'
import { ownParts, requestToResend } from '../../core/stored/resumable.ts'
import { parsedUrl } from '../../core/names/parsed-url.ts'
import { configurationError } from '../../public/errors.ts'
import type { Engine } from '../engine.ts'
import { keyWriter } from './key-writer.ts'
import type { Payload, PayloadBytes } from './payload.ts'
import type { Plan } from '../plan.ts'
import { bodyFromStored, bodyToStore } from './stored-body.ts'

/**
 * The request that `persist: 'request'` stores: URL, bytes, content type and the listed headers; never a credential.
 */
export function requestToStore(
  plan: Pick<Plan, 'name' | 'settings' | 'keepHeaders'>,
  payload: Payload,
  bytes: PayloadBytes,
): StoredRequest {
  if (bytes.body !== undefined && bytes.body.byteLength > LONGEST_KEPT_BODY) {
    throw configurationError(
      `${definitionPath(plan)}.persist`,
      `keeps the request, whose body may then have at most ${LONGEST_KEPT_BODY} bytes`,
    )
  }
  const given = bytes.headers ?? payload.headers
  requireKeyKept(plan, payload, given)
  const headers = requestHeadersToKeep(given, bytes.contentType, plan.keepHeaders)
  // A profile's parameter is written into the URL again when it is sent.
  const url = bytes.target === undefined ? payload.url : (bytes.url ?? payload.url)
  return { url: url.href, headers, ...bodyToStore(bytes) }
}

/**
 * If only `request` itself carries the key, the stored headers must contain the key: without it, `resume` would send a
 * second operation (P8).
 */
function requireKeyKept(
  plan: Pick<Plan, 'name' | 'settings' | 'keepHeaders'>,
  { headers }: Payload,
  given: Payload['headers'],
): void {
  if (plan.settings.profile.key.in !== 'request') return
  const left = keyHeaderLeftOut(headers, given, plan.keepHeaders)
  if (left !== undefined)
    throw configurationError(
      `${definitionPath(plan)}.dropHeaders`,
      `names ${left}, which carries the key: \`resume\` would send without it. List it in keepHeaders`,
    )
}

/**
 * The stored request of a record (`persist: 'request'`), ready to be sent again, or the reason why it must not be. A
 * stored record is data from outside. Its URL must be the operation's own and the http layer's, its body must match its
 * hash, and only the headers that the definition keeps are used.
 */
export async function storedPayload(
  engine: Engine,
  plan: Pick<Plan, 'name' | 'settings' | 'keepHeaders'>,
  record: OpenRecord,
): Promise<Payload | string> {
  const { target, bodyHash } = record
  const request = requestToResend(record, validityNow(engine))
  if (typeof request === 'string') return request
  const { runtime } = engine
  const stored = parsedUrl(request.url)
  const search = stored?.search ?? ''
  const bytes = bodyFromStored(request)
  const own = ownParts(record, {
    url: stored,
    queryHash: search === '' ? '' : await runtime.digest(new TextEncoder().encode(search)),
    ownOrigin: ownOrigin(engine),
    body: bytes,
    bodyHash: bytes === undefined || bytes === null ? '' : await runtime.digest(bytes),
  })
  if (typeof own === 'string') return own
  const { url, body } = own
  const headers = listedHeaders(request.headers, plan.keepHeaders)
  const path = `${definitionPath(plan)}.request`
  const writer = keyWriter(plan.settings.profile, { headers, path })
  return {
    method: target.method,
    url,
    headers,
    target,
    fingerprint: record.fingerprint,
    bytes: async key => ({
      body,
      text: request.text,
      contentType: request.headers['content-type'],
      hash: bodyHash,
      // A stored body contains its key; a stored URL does not.
      url: writer?.url(url, key),
    }),
  }
}

/** The limit on the age of operations that are sent without a new call. */
export function validityNow({ runtime, settings }: Pick<Engine, 'runtime' | 'settings'>): Validity {
  return { nowAt: runtime.now(), validForMs: settings.validForMs }
}

/** The origin of the http layer's base URL; undefined without a base URL. */
export function ownOrigin(engine: Engine): string | undefined {
  try {
    return engine.transport.resolveUrl('.').origin
  } catch {
    return undefined
  }
}
