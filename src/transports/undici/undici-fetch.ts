import type { Carrier } from '../../runtime/carrier-kinds.ts'
import { isNodeProcess } from '../../runtime/carrier.ts'
import { Agent, fetch as fetchOfUndici } from 'undici'
import type { Dispatcher } from 'undici'
import { isPlainObject, refuseUnknown } from '../../guards/option-checks.ts'
import { configurationError } from '../../public/errors.ts'
import type { Fetch } from '../../public/transport.ts'
import { markDirect } from '../../runtime/direct-fetch.ts'
import type { DirectRequest } from '../../runtime/direct-fetch.ts'
import { Exchange } from './exchange.ts'

export type UndiciFetchOptions = {
  /**
   * A dispatcher of undici, for a proxy, client certificates or limits of connections. Default: an Agent of this
   * function's own, with HTTP/1.1 only. Whoever makes a dispatcher closes it.
   */
  readonly dispatcher?: Dispatcher | undefined
}

/**
 * A fetch for Node services, over undici's dispatcher: `fetchTransport({ baseUrl, fetch: undiciFetch() })`. Guarded
 * requests go to the dispatcher without a Request, a Response and the streams between them, which are most of what
 * Node's own fetch costs. Everything else (the GET requests of an SDK, a call of your own) is a call of undici's fetch,
 * which answers with a Response.
 *
 * With the default Agent, each request is delivered at most once, and an error proves whether it was sent, as with
 * Node's own fetch. With another dispatcher, only what undici's diagnostics channel reports about it is known.
 *
 * Guarded requests ask for no compression, and have no limit of time but the client's `timeout`.
 *
 * Needs the package `undici` (7 or 8). Throws a `configuration` error if an option is wrong, or if this runtime
 * replaces undici by something else, as Bun does.
 */
export function undiciFetch(options: UndiciFetchOptions = {}): Fetch {
  if (!isPlainObject(options)) throw configurationError('undiciFetch', 'takes an object')
  refuseUnknown(options, ['dispatcher'], 'undiciFetch.')
  const own = options.dispatcher ?? plainAgent()
  requireDispatcher(own, 'undiciFetch.dispatcher')
  const dispatch: unknown = Reflect.get(own, 'dispatch')
  const isPlain = options.dispatcher === undefined && isNodeProcess() && isUndicis(dispatch)
  const fetch: Fetch = (input, init) => asPlatforms(input, init, own)
  return markDirect(fetch, {
    send: (url, init) => send(url, init, init.dispatcher ?? own),
    carrier: dispatcher =>
      carrierBy(
        dispatcher ?? own,
        isPlain && (dispatcher ?? own) === own && Reflect.get(own, 'dispatch') === dispatch,
      ),
  })
}

/** HTTP/1.1 only: over HTTP/2, undici 8 sends a request again by itself when a server says GOAWAY. */
function plainAgent(): Agent {
  if (typeof Agent !== 'function' || typeof Agent.prototype.dispatch !== 'function')
    throw configurationError(
      'undiciFetch',
      'needs the package undici, which this runtime replaces by something else: leave `fetch` out to use its own',
    )
  return new Agent({ allowH2: false })
}

/** Whether this is undici's own method, and not what a tracer, a mock or a shim of that name put in its place. */
function isUndicis(dispatch: unknown): boolean {
  return typeof dispatch === 'function' && /return this\[k\w*Dispatch\]/.test(String(dispatch))
}

function carrierBy(dispatcher: unknown, isPlain: boolean): Carrier {
  if (typeof dispatcher !== 'object' || dispatcher === null) return { kind: 'unknown' }
  return { kind: isPlain ? 'known' : 'told', dispatcher }
}

function requireDispatcher(given: unknown, path: string): asserts given is Dispatcher {
  if (typeof given !== 'object' || given === null || typeof Reflect.get(given, 'dispatch') !== 'function')
    throw configurationError(path, 'must be a dispatcher of undici, such as `new ProxyAgent(…)`')
}

async function send(url: URL, init: DirectRequest, dispatcher: unknown): Promise<Exchange> {
  requireDispatcher(dispatcher, 'dispatcher')
  return new Exchange(url, init).begin(dispatcher)
}

/** The platform's Response, for code that checks its class; undici's fetch answers with a class of its own. */
async function asPlatforms(
  input: string | URL | Request,
  init: RequestInit | undefined,
  dispatcher: Dispatcher,
): Promise<Response> {
  // Reads a Request, a form or a Blob of the platform: undici's own classes would not know them.
  const request = new Request(input, {
    ...init,
    ...(init?.body instanceof ReadableStream && { duplex: 'half' }),
  })
  const { method, redirect } = request
  // In Node the signal of a Request that nobody keeps stops following the signal that the Request was made with.
  const signal = init?.signal ?? (input instanceof Request ? input.signal : null)
  const body = request.body === null ? null : await request.arrayBuffer()
  const response = await fetchOfUndici(request.url, {
    method,
    headers: [...request.headers],
    body,
    redirect,
    signal,
    dispatcher,
  })
  const { status, statusText, url, redirected } = response
  const bodiless = [204, 205, 304].includes(status)
  const platforms = new Response(bodiless ? null : (response.body as ReadableStream | null), {
    status,
    statusText,
    headers: [...response.headers],
  })
  return Object.defineProperties(platforms, { url: { value: url }, redirected: { value: redirected } })
}
