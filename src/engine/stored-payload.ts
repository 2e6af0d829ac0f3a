import type { OpenRecord } from '../core/operation-state.ts'
import type { Engine } from './engine.ts'
import type { Payload } from './payload.ts'

/**
 * The request that a record keeps (`persist: 'request'`), ready to be sent again, or why it may not be: a
 * stored record is data from outside, so its URL must be the operation's own and the http layer's.
 */
export function storedPayload(engine: Engine, record: OpenRecord): Payload | string {
  const { request, target } = record
  if (request === undefined) return 'its request is not stored'
  if (engine.runtime.now() - record.createdAt > engine.settings.validForMs) return 'it is older than validFor'
  const url = URL.parse(request.url)
  if (url === null || url.origin !== target.origin || url.pathname !== target.path)
    return 'its stored URL is not its own'
  if (url.origin !== ownOrigin(engine)) return 'its stored URL is not on the origin of the http layer'
  const body = request.body === undefined ? undefined : bytesOf(request.body)
  if (body === null) return 'its stored body cannot be read'
  const { 'content-type': contentType, ...headers } = request.headers
  return {
    method: target.method,
    url,
    headers,
    target,
    fingerprint: record.fingerprint,
    bytes: async () => ({ body, contentType, hash: record.bodyHash }),
  }
}

/** The origin that the http layer's base URL has; undefined without a base. */
export function ownOrigin(engine: Engine): string | undefined {
  try {
    return engine.transport.resolveUrl('.').origin
  } catch {
    return undefined
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), character => character.codePointAt(0) ?? 0)
  } catch {
    return null
  }
}
