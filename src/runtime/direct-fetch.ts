import type { Fetch } from '../public/transport.ts'
import type { Carrier } from './carrier-kinds.ts'

/*
 * A fetch of this package that can also carry a request without a Request and a Response: most of what the platform's
 * fetch costs is spent on these two and on the streams between them. Gate and asks need neither, because they give the
 * parts of the request one by one, and read the response only once and whole.
 */

/** What gate and asks read of a response. A `Response` has all of it. */
export interface ReceivedResponse {
  readonly status: number
  readonly statusText: string
  readonly type: ResponseType
  readonly url: string
  readonly redirected: boolean
  readonly headers: ReceivedHeaders
  /** Decoded, as of a `Response`. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The names are in lower case. */
export interface ReceivedHeaders extends Iterable<[name: string, value: string]> {
  get(name: string): string | null
}

export interface DirectFetch {
  /** Like the fetch with `redirect: 'manual'`; of the options, only these count. */
  send(url: URL, init: DirectRequest): Promise<ReceivedResponse>
  /** What is known about the way of a request; `dispatcher` is the option of that name if the request has one. */
  carrier(dispatcher?: unknown): Carrier
}

export type DirectRequest = Pick<RequestInit, 'method' | 'headers' | 'body' | 'signal'> & {
  readonly dispatcher?: unknown
}

const directFetches = new WeakMap<Fetch, DirectFetch>()

/** Marks this very function: a wrapper around it is another function, and is called as any other fetch. */
export function markDirect(fetch: Fetch, direct: DirectFetch): Fetch {
  directFetches.set(fetch, direct)
  return fetch
}

export function directOf(fetch: Fetch): DirectFetch | undefined {
  return directFetches.get(fetch)
}

/** Sends as directly as this fetch can. It is called as a plain function: a browser's fetch refuses to be a method. */
export function sendThrough(fetch: Fetch, url: URL, init: RequestInit): Promise<ReceivedResponse> {
  const direct = directFetches.get(fetch)
  return direct === undefined ? fetch(url, init) : direct.send(url, init)
}
