import type { Fetch } from '../public/transport.ts'
import type { Carrier } from './carrier-kinds.ts'
import { directOf } from './direct-fetch.ts'

/** Where undici keeps the dispatcher that fetch uses, by the version of its interface (undici, lib/global.js). */
const GLOBAL_DISPATCHERS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')]

/** The carrier of this fetch now; `dispatcher` is the option of that name if the request has one. */
export function carrierOf(fetch: Fetch, dispatcher?: unknown): Carrier {
  const direct = directOf(fetch)
  if (direct !== undefined) return direct.carrier(dispatcher)
  if (!isNodeFetch(fetch)) return { kind: 'unknown' }
  if (dispatcher !== undefined && dispatcher !== null) {
    if (typeof dispatcher !== 'object') return { kind: 'unknown' }
    return { kind: isNodeAgent(dispatcher) ? 'known' : 'told', dispatcher }
  }
  const [first, ...others] = globalDispatchers()
  if (first === undefined) return { kind: 'unknown' }
  const isKnown = [first, ...others].every(isNodeAgent)
  return { kind: isKnown ? 'known' : 'told', dispatcher: first }
}

/**
 * Whether a fetch is Node's own, unpatched: its source loads Node's built-in undici. The source of a wrapper, a mock or
 * another platform's fetch is different.
 */
export function isNodeFetch(fetch: unknown): boolean {
  if (known === undefined || fetch !== known.fetch) {
    known = { fetch, isOwn: /internal\/deps\/undici|lazyUndici/.test(sourceOf(fetch)) }
  }
  return known.isOwn
}

let known: { readonly fetch: unknown; readonly isOwn: boolean } | undefined

/** Whether web requests of this process are Node's, even if its fetch has been wrapped meanwhile. */
export function isNodeProcess(): boolean {
  return isNodeFetch(globalThis.fetch) || globalDispatchers().some(isNodeAgent)
}

function globalDispatchers(): readonly object[] {
  // Node creates its agent when one of these classes is first accessed.
  void globalThis.Headers
  const found = GLOBAL_DISPATCHERS.map(name => Reflect.get(globalThis, name) as unknown)
  return found.filter(each => typeof each === 'object' && each !== null)
}

/**
 * Whether a dispatcher is the agent that Node creates, from its bundled undici. Anything built around it (`compose`,
 * RetryAgent, a mesh's or a recorder's dispatcher) has another class or another `dispatch`.
 */
function isNodeAgent(dispatcher: object): boolean {
  const { constructor, dispatch } = Object.getPrototypeOf(dispatcher) ?? {}
  if (Reflect.get(dispatcher, 'dispatch') !== dispatch) return false
  // Cached: a function's source never changes, and reading it before each send would take time.
  if (constructor === agent?.constructor && dispatch === agent?.dispatch) return agent?.isOwn === true
  const isOwn =
    /__name\(this, "Agent"\)/.test(sourceOf(constructor)) &&
    /return this\[k\w*Dispatch\]/.test(sourceOf(dispatch))
  agent = { constructor, dispatch, isOwn }
  return isOwn
}

let agent: { readonly constructor: unknown; readonly dispatch: unknown; readonly isOwn: boolean } | undefined

function sourceOf(value: unknown): string {
  return typeof value === 'function' ? Function.prototype.toString.call(value) : ''
}
