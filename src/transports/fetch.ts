import { layerHeaders } from '../guards/header-pairs.ts'
import { noteFailure } from '../guards/option-failure.ts'
import { jsonReader } from '../guards/json-reader.ts'
import { configurationError } from '../public/errors.ts'
import {
  isPlainObject,
  refuseUnknown,
  requireCredentials,
  requireFunction,
  requireObject,
} from '../guards/option-checks.ts'
import type { Fetch, Transport } from '../public/transport.ts'
import { checkedBase, resolvedBase } from './base-url.ts'

export type FetchTransportOptions = {
  /**
   * The base of relative URLs: an absolute URL, or in a page one relative to it, such as `/api/`. Default: the page's
   * own address.
   */
  readonly baseUrl?: string | URL | undefined
  /** Headers of every request, or a function that returns them: the place for a token. */
  readonly headers?: (HeaderSource | (() => HeaderSource | Promise<HeaderSource>)) | undefined
  /** As in `fetch`: whether cookies are sent. Default `same-origin`. */
  readonly credentials?: RequestCredentials | undefined
  /**
   * Parses the JSON text of responses instead of JSON.parse, which rounds numbers beyond 2^53. Must be synchronous. Its
   * value is what callbacks and `response` get; the meaning of a response is read with JSON.parse.
   */
  readonly parseJson?: ((text: string) => unknown) | undefined
  /**
   * A dispatcher of undici, for a proxy or client certificates: passed on to `fetch` for everything that sends and
   * asks.
   */
  readonly dispatcher?: unknown
  /** A fetch to use instead of the platform's. */
  readonly fetch?: Fetch | undefined
}

type HeaderSource = Readonly<Record<string, string>> | Iterable<readonly [string, string]>

/**
 * Plain fetch as the transport, without hooks and without ky, for users who count bytes and microseconds.
 *
 * @example
 * const client = createClient({ transport: fetchTransport({ baseUrl: 'https://api.example/' }), … })
 */
export function fetchTransport(options: FetchTransportOptions = {}): Transport {
  if (!isPlainObject(options)) throw configurationError('fetchTransport', 'takes an object')
  refuseUnknown(
    options,
    ['baseUrl', 'headers', 'credentials', 'parseJson', 'dispatcher', 'fetch'],
    'fetchTransport.',
  )
  requireFunction(options.fetch, 'fetchTransport.fetch')
  requireFunction(options.parseJson, 'fetchTransport.parseJson')
  const { headers, credentials, dispatcher } = options
  requireCredentials(credentials, 'fetchTransport.credentials')
  requireObject(dispatcher, 'fetchTransport.dispatcher')
  if (typeof headers !== 'function') layerHeaders(headers, HEADERS)
  const base = options.baseUrl === undefined ? undefined : checkedBase(options.baseUrl, BASE)
  return {
    resolveUrl: url =>
      new URL(url, base === undefined ? globalThis.location?.href : resolvedBase(base, BASE)),
    send(request, gate) {
      const send = (own: HeaderSource | undefined) => {
        const init: RequestInit = { method: request.method, headers: merged(own, request.headers) }
        if (request.body !== undefined) init.body = request.body
        if (credentials !== undefined) init.credentials = credentials
        if (dispatcher !== undefined) Object.assign(init, { dispatcher })
        return gate(request.url, init)
      }
      return typeof headers === 'function' ? promised(headers).then(send) : send(headers)
    },
    ignoresAnswers: true,
    parseJson: jsonReader(options.parseJson, 'fetchTransport.parseJson'),
    innermostFetch: () => options.fetch ?? globalThis.fetch,
  }
}

/** Turns a throw into a rejection. */
async function promised<Value>(give: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await give()
  } catch (error) {
    noteFailure(error, HEADERS)
    throw error
  }
}

function merged(
  own: HeaderSource | undefined,
  request: Readonly<Record<string, string>>,
): Record<string, string> {
  const all: Record<string, string> = {}
  for (const [name, value] of layerHeaders(own, HEADERS)) all[name.toLowerCase()] = value
  return Object.assign(all, request)
}

const HEADERS = 'fetchTransport.headers'
const BASE = 'fetchTransport.baseUrl'
