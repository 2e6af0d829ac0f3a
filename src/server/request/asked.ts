import type { Counted, ReadBytes } from '../answer/bodies.ts'
import { readRequest } from '../answer/bodies.ts'
import type { HeaderLookup } from '../answer/header-table.ts'

/** A request as the server reads it: a Request, or what a framework has in place of one. */
export interface AskedRequest {
  readonly method: string
  readonly headers: HeaderLookup
  /** What counts of the body for the fingerprint, where that is not what stands for it. */
  readonly counted?: Counted | undefined
  /** Path and query, as a URL has them. */
  target(): string
  isRead(): boolean
  /** Reads the body, and leaves it unread for the handler. */
  read(limitBytes: number): ReadBytes | Promise<ReadBytes>
  /** For who is given a Request; the same each time. */
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

/** Of a URL as most are, which are made of letters that a URL leaves as they are. */
const PLAIN_URL = /^https?:\/\/[\w.-]+(?::\d+)?((?:\/[\w~-]+)+)$/

function targetOf(url: string): string {
  const plain = PLAIN_URL.exec(url)?.[1]
  if (plain !== undefined) return plain
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}
