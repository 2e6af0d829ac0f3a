import type { Holder } from '../core/record/lease.ts'
import type { Fetch } from '../public/transport.ts'
import type { Carrier } from './carrier-kinds.ts'
import type { Digest } from './digest.ts'
import { subtleCrypto } from './subtle-crypto.ts'

/**
 * The engine's only clock and only source of randomness, one per runner. A test passes its own, with a clock that jumps
 * or drifts, and with virtual time instead of sleeps.
 */
export interface Runtime {
  /** The name of this runner, unique among all processes. */
  readonly runnerId: string
  /** Wall time, epoch ms. */
  now(): number
  /** Time that only goes forward, ms. */
  monotonic(): number
  /** Calls back after `delayMs`. Returns a function that cancels this. */
  after(delayMs: number, callback: () => void): () => void
  /** The same at a lower cost, for timers that are nearly always cancelled before they are due. */
  watchdog(delayMs: number, callback: () => void): () => void
  /** The same, but the timer does not keep the process alive. */
  afterwards(delayMs: number, callback: () => void): () => void
  /** Calls back when somebody returns to the page, or the network is back. Returns a function that ends this. */
  whenBack(callback: () => void): () => void
  /** Uniform in [0, 1). */
  random(): number
  /** A new idempotency key from a strong random source. */
  createKey(): string
  /** SHA-256 of bytes, or of the UTF-8 of a text in one or more parts, as lower-case hex. */
  digest(data: Parameters<Digest>[0]): ReturnType<Digest>
  /**
   * `node`: responses show all of their headers, including those of their framing, and there is no page that is left or
   * frozen.
   */
  readonly environment: 'node' | 'other'
  /**
   * What is known about the way that a request takes through this fetch now: whether one send is one delivery, and
   * whether an error truly means that nothing was sent. `dispatcher` is the request's own option of that name.
   */
  carrierOf(fetch: Fetch, dispatcher?: unknown): Carrier
  /** False while the browser reports that it is offline. */
  online(): boolean
  /** Calls back once the browser is online again. Returns a function that ends this. */
  whenOnline(callback: () => void): () => void
  /** Identifies this process, so that others on the same host can see when it has died. */
  readonly holder: Holder | undefined
  /** Whether another holder is known to be dead; false if nothing is known. */
  isDead(holder: Holder): boolean
}

/**
 * What sending needs of the platform (platform.ts): facts about its fetch and its processes, its hash and its
 * randomness.
 */
type Platform = {
  /** RFC 9562 version 4: 122 random bits; uuid throws if there is no strong source. */
  readonly createKey: () => string
  readonly systemDigest: () => Digest
  readonly isNodeProcess: () => boolean
  /** Timers of Node that share one platform timer; undefined if a timer costs little. */
  readonly sharedTimers: ((runtime: Pick<Runtime, 'after' | 'monotonic'>) => Runtime['after']) | undefined
  readonly carrierOf: Runtime['carrierOf']
  readonly currentHolder: () => Holder | undefined
  readonly isDeadHere: Runtime['isDead']
  readonly whenSomebodyIsBack: Runtime['whenBack']
}

/** The longest delay of a timer: with a longer one `setTimeout` fires at once (WHATWG HTML, timers; libuv's int32). */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** How much too early real timers fire through rounding alone, ms. */
const TIMER_EARLY_MS = 5

/**
 * The runtime of the process or page that this code runs in. `platform` is called when something is sent, not before.
 */
export function runtimeOn(platform: () => Platform): Runtime {
  if (!globalThis.process?.getBuiltinModule) subtleCrypto()
  let id: string | undefined
  let digest: Digest | undefined
  let environment: Runtime['environment'] | undefined
  let holder: { readonly own: Holder | undefined } | undefined
  let aheadMs = 0
  let watchdog: Runtime['after'] | undefined
  const monotonic = () => performance.now() + aheadMs
  const after: Runtime['after'] = (delayMs, callback) => {
    const waitMs = Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS)
    const dueMs = monotonic() + waitMs
    const timer = setTimeout(() => {
      // A test's fake timers may not advance `performance`: the time waited for counts as passed all the same.
      const missingMs = dueMs - monotonic()
      if (missingMs > TIMER_EARLY_MS) aheadMs += missingMs
      callback()
    }, waitMs)
    return () => clearTimeout(timer)
  }
  const runtime: Runtime = {
    // Created at first use: Cloudflare's workers have no randomness before their first request.
    get runnerId() {
      return (id ??= randomId())
    },
    now: () => Date.now(),
    monotonic,
    after,
    watchdog: (delayMs, callback) => {
      watchdog ??= (runtime.environment === 'node' && platform().sharedTimers?.(runtime)) || after
      return watchdog(delayMs, callback)
    },
    afterwards,
    whenBack: callback => platform().whenSomebodyIsBack(callback),
    random: () => Math.random(),
    createKey: () => platform().createKey(),
    digest: data => (digest ??= platform().systemDigest())(data),
    get environment() {
      return (environment ??= platform().isNodeProcess() ? 'node' : 'other')
    },
    carrierOf: (fetch, dispatcher) => platform().carrierOf(fetch, dispatcher),
    // Servers that emulate a page may set `navigator` to undefined.
    online: () => (globalThis.navigator as Navigator | undefined)?.onLine ?? true,
    whenOnline(callback) {
      if (!('addEventListener' in globalThis)) return () => {}
      globalThis.addEventListener('online', callback, { once: true })
      return () => globalThis.removeEventListener('online', callback)
    },
    get holder() {
      holder ??= { own: platform().currentHolder() }
      return holder.own
    },
    isDead: other => platform().isDeadHere(other),
  }
  return runtime
}

/** Calls back after `delayMs`, if the process lives that long: the timer does not keep it alive. */
function afterwards(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS))
  const held: { unref?: () => void } = timer
  held.unref?.()
  return () => clearTimeout(timer)
}

/** 128 random bits. Unlike `crypto.randomUUID`, this needs no secure context. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
