/**
 * Watches, in Node, which requests undici really puts on the wire: its diagnostics channel
 * `undici:client:sendHeaders` fires immediately before a request's head is written. So silence proves that
 * nothing was sent, and a send that did not pass the gate (a hook with a client of its own) is noticed.
 */
export interface SendWatch {
  /** Counts sends whose headers hold this value, until `stop` is called. */
  begin(headerValue: string, origin: string): Watched
}

export interface Watched {
  /** How many heads with the value left so far. */
  readonly count: number
  /**
   * Whether silence is proof: the channel has fired before in this process, and the origin speaks HTTP/1,
   * which is the protocol that the channel tells of (plain http, or it fired for this origin before).
   */
  readonly reliable: boolean
  stop(): void
}

type HeadersMessage = { readonly headers?: unknown; readonly request?: { readonly origin?: unknown } }

const CHANNEL = 'undici:client:sendHeaders'

const counters = new Map<string, readonly { count: number }[]>()
const firedFor = new Set<string>()
let subscribed = false

function onSendHeaders(message: unknown): void {
  const { headers, request } = message as HeadersMessage
  if (firedFor.size < 1_000) firedFor.add(String(request?.origin))
  if (typeof headers !== 'string' || counters.size === 0) return
  // Each value once: a hook may copy the key into a header of its own.
  const values = new Set(headers.split('\r\n').map(line => line.slice(line.indexOf(':') + 1).trim()))
  for (const value of values) for (const counter of counters.get(value) ?? []) counter.count++
}

/** The watch of this process, or undefined where there is no such channel. */
export function sendWatch(): SendWatch | undefined {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function') return undefined
  if (!subscribed) {
    const channels = process.getBuiltinModule('node:diagnostics_channel')
    if (channels === undefined) return undefined
    channels.subscribe(CHANNEL, onSendHeaders)
    subscribed = true
  }
  return { begin }
}

function begin(headerValue: string, origin: string): Watched {
  const counter = {
    count: 0,
    reliable: firedFor.has(origin) || (firedFor.size > 0 && origin.startsWith('http:')),
    stop() {
      const others = counters.get(headerValue)?.filter(other => other !== counter) ?? []
      if (others.length === 0) counters.delete(headerValue)
      else counters.set(headerValue, others)
    },
  }
  counters.set(headerValue, counters.get(headerValue)?.concat(counter) ?? [counter])
  return counter
}

/**
 * Whether a fetch is Node's own, unpatched: its source loads Node's built-in undici. A wrapper, a mock or
 * another platform's fetch is not, and then the channel's silence proves nothing.
 */
export function isNodeFetch(fetch: unknown): boolean {
  if (known === undefined || fetch !== known.fetch) {
    known = { fetch, isOwn: /internal\/deps\/undici|lazyUndici/.test(sourceOf(fetch)) }
  }
  return known.isOwn
}

let known: { readonly fetch: unknown; readonly isOwn: boolean } | undefined

function sourceOf(value: unknown): string {
  return typeof value === 'function' ? Function.prototype.toString.call(value) : ''
}
