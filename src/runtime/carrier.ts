import type { Fetch } from '../public/transport.ts'

/**
 * What is known about the way of a request from the gate to the wire. The fetch and the dispatcher in use are examined
 * before each send: Deno, Bun and workerd report that they are Node, and a fetch may be wrapped.
 *
 *   known     Node's own fetch over Node's own agent: delivers once, except for a 421 (Fetch standard,
 *             HTTP-network-or-cache fetch, step 18), and reports truly why it failed
 *   told      Node's own fetch over another dispatcher (a proxy's, or one that retries): only what undici's channel
 *             reports about it is known
 *   unknown   any other fetch (a wrapper, a mock, another platform's): it may send again, and its errors prove nothing
 */
export type Carrier =
  | { readonly kind: 'known' | 'told'; readonly dispatcher: object }
  | { readonly kind: 'unknown' }

/** Where undici keeps the dispatcher that fetch uses, by the version of its interface (undici, lib/global.js). */
const GLOBAL_DISPATCHERS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')]

/** The carrier of this fetch now; `dispatcher` is the option of that name if the request has one. */
export function carrierOf(fetch: Fetch, dispatcher?: unknown): Carrier {
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
