import type { Carrier } from './carrier-kinds.ts'

/**
 * Watches which requests really go on the wire, if undici is there. Its diagnostics channel `undici:client:sendHeaders`
 * fires immediately before a request's head is written, whatever sends it. So a send that bypassed the gate is noticed
 * (a fetch or a dispatcher that retries, a hook with its own client). On a dispatcher that has reported before, silence
 * proves that nothing was sent.
 */
export interface SendWatch {
  /** Counts the heads of one flight, until `stop` is called. */
  begin(flight: FlightSigns): Watched
}

/** How to recognise a flight's heads among others. */
export type FlightSigns = {
  /**
   * The value of its key header. Without one, the flight's heads are those sent from within `run` with this method to
   * this URL.
   */
  readonly headerValue: string | undefined
  readonly method: string
  readonly url: URL
}

export interface Watched {
  /** How many of its heads have left so far. */
  readonly count: number
  /** How many of these were answered with 421: Node's own fetch sends once more after each. */
  readonly misdirectedCount: number
  /** Runs the work so that the requests it sends are recognised as this flight's. */
  run<Value>(work: () => Value): Value
  /** Notes that the channel reported a head of this flight that used this dispatcher. */
  spoke(carrier: Carrier): void
  /**
   * Whether silence is proof: the channel has already reported a head that used this very dispatcher to this origin.
   * For Node's own agent, any other origin is enough over plain http, where the agent has only one protocol.
   */
  isReliable(carrier: Carrier): boolean
  stop(): void
}

type Request = { readonly origin?: unknown; readonly path?: unknown; readonly method?: unknown }
type Message = {
  readonly request?: Request
  readonly headers?: unknown
  readonly response?: { readonly statusCode?: unknown }
}

class Flight implements Watched {
  readonly signs: FlightSigns
  count = 0
  misdirectedCount = 0

  constructor(signs: FlightSigns) {
    this.signs = signs
    const { headerValue } = signs
    if (headerValue !== undefined) flights.set(headerValue, flights.get(headerValue)?.concat(this) ?? [this])
  }

  run<Value>(work: () => Value): Value {
    return this.signs.headerValue !== undefined || context === undefined ? work() : context.run(this, work)
  }

  spoke(carrier: Carrier): void {
    if (carrier.kind === 'unknown') return
    const origins = spokenFor.get(carrier.dispatcher) ?? new Set()
    if (origins.size < MOST_ORIGINS) spokenFor.set(carrier.dispatcher, origins.add(this.signs.url.origin))
  }

  isReliable(carrier: Carrier): boolean {
    const { headerValue, url } = this.signs
    if (carrier.kind === 'unknown' || (headerValue === undefined && context === undefined)) return false
    const origins = spokenFor.get(carrier.dispatcher)
    if (origins?.has(url.origin) === true) return true
    return carrier.kind === 'known' && url.protocol === 'http:' && origins !== undefined
  }

  stop(): void {
    const { headerValue } = this.signs
    if (headerValue === undefined) return
    const all = flights.get(headerValue) ?? []
    const others = all.length === 1 && all[0] === this ? [] : all.filter(other => other !== this)
    if (others.length === 0) flights.delete(headerValue)
    else flights.set(headerValue, others)
  }
}

const MOST_ORIGINS = 1_000

/** The flights under way, by the value of their key header. */
const flights = new Map<string, readonly Flight[]>()
const flightsOf = new WeakMap<object, ReadonlySet<Flight>>()
const spokenFor = new WeakMap<object, Set<string>>()
let context:
  | { run<Value>(store: Flight, work: () => Value): Value; getStore(): Flight | undefined }
  | undefined
let isSubscribed = false

/** A request without a key header belongs to the flight that made it, if it is the operation's own. */
function onCreate(message: unknown): void {
  const { request } = message as Message
  const flight = context?.getStore()
  if (flight === undefined || request === undefined) return
  if (isRequestOf(flight, request)) flightsOf.set(request, new Set([flight]))
}

function isRequestOf({ signs: { method, url } }: Flight, request: Request): boolean {
  return request.method === method && `${String(request.origin)}${String(request.path)}` === urlText(url)
}

function urlText(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`
}

function onSendHeaders(message: unknown): void {
  const { headers, request } = message as Message
  const made = request === undefined ? undefined : flightsOf.get(request)
  if (made === undefined && flights.size === 0) return
  const found = new Set(made)
  // Each value counts once: a hook may copy the key into a header of its own.
  for (const line of typeof headers === 'string' && flights.size > 0 ? headers.split('\r\n') : []) {
    for (const flight of flightsWith(line.slice(line.indexOf(':') + 1).trim(), request)) found.add(flight)
  }
  if (found.size === 0) return
  if (request !== undefined) flightsOf.set(request, found)
  for (const flight of found) flight.count++
}

/** Methods that execute nothing (RFC 9110, 9.2.1): SDKs also put an operation's key into the headers of their polls. */
const SAFE = new Set<unknown>(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * The flights whose key a head carries. A key given by callers may be under way to several servers at once: then the
 * head belongs to the flights with its method and URL, or if there are none, to all of them. A request that only reads
 * belongs only to flights that have its method themselves.
 */
function flightsWith(headerValue: string, request: Request | undefined): readonly Flight[] {
  const found = flights.get(headerValue) ?? []
  const method = request?.method
  const all = SAFE.has(method) ? found.filter(({ signs }) => signs.method === method) : found
  if (all.length < 2 || request === undefined) return all
  const own = all.filter(flight => isRequestOf(flight, request))
  return own.length === 0 ? all : own
}

function onHeaders(message: unknown): void {
  const { request, response } = message as Message
  if (response?.statusCode !== 421 || request === undefined) return
  for (const flight of flightsOf.get(request) ?? []) flight.misdirectedCount++
}

/** The watch of this process, or undefined if there is no such channel. */
export function sendWatch(): SendWatch | undefined {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function') return undefined
  if (!isSubscribed) {
    const channels = process.getBuiltinModule('node:diagnostics_channel')
    if (channels === undefined) return undefined
    channels.subscribe('undici:request:create', onCreate)
    channels.subscribe('undici:client:sendHeaders', onSendHeaders)
    channels.subscribe('undici:request:headers', onHeaders)
    const hooks = process.getBuiltinModule('node:async_hooks')
    if (hooks !== undefined) context = new hooks.AsyncLocalStorage<Flight>()
    isSubscribed = true
  }
  return WATCH
}

const WATCH: SendWatch = { begin: signs => new Flight(signs) }
