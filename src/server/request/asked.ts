import type { Counted, ReadBytes } from '../answer/bodies.ts'
import { readRequest } from '../answer/bodies.ts'
import type { HeaderLookup } from '../answer/header-table.ts'

/** A request as the server reads it: a Request, or a framework's own request. */
export interface AskedRequest {
  readonly method: string
  readonly headers: HeaderLookup
  /** What the fingerprint is made from, if that differs from the bytes that stand for the body. */
  readonly counted?: Counted | undefined
  /** Path and query, in the form of a URL. */
  target(): string
  isRead(): boolean
  /** Reads the body and leaves it unread for the handler. */
  read(limitBytes: number): ReadBytes | Promise<ReadBytes>
  /** The Request, for code that needs one; the same object each time. */
  request(): Request
}

export function askedOf(request: Request): AskedRequest {
  const { method, url, headers } = request
  return {
    method,
    headers,
    target: () => targetOf(url),
    isRead: () => request.bodyUsed || request.body?.locked === true,
    read: limitBytes => readRequest(request, limitBytes),
    request: () => request,
  }
}

/** A URL as most are: made only of characters that a URL leaves unchanged. */
const PLAIN_URL = /^https?:\/\/[\w.-]+(?::\d+)?((?:\/[\w~-]+)+)$/

function targetOf(url: string): string {
  const plain = PLAIN_URL.exec(url)?.[1]
  if (plain !== undefined) return plain
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}
