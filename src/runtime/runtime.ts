import type { Holder } from '../core/record/lease.ts'
import type { Fetch } from '../public/transport.ts'
import type { Carrier } from './carrier.ts'
import type { Digest } from './digest.ts'
import { subtleCrypto } from './subtle-crypto.ts'

/**
 * The only clock and the only chance in the engine, one per runner. A test gives its own, with a clock
 * that jumps or drifts, and virtual time instead of sleeps.
 */
export interface Runtime {
  /** The name of this runner, which no other has in any process. */
  readonly runnerId: string
  /** Wall time, epoch ms. */
  now(): number
  /** Time that only goes forward, ms. */
  monotonic(): number
  /** Calls back after `delayMs`; returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void
  /** The same, at less cost, for what is nearly always taken back before it is due. */
  watchdog(delayMs: number, callback: () => void): () => void
  /** The same, but no process is kept alive for it. */
  afterwards(delayMs: number, callback: () => void): () => void
  /** Calls back when somebody comes back to the page, or the network is back; returns what ends it. */
  whenBack(callback: () => void): () => void
  /** Uniform in [0, 1). */
  random(): number
  /** A fresh idempotency key from a strong source. */
  createKey(): string
  /** SHA-256 of bytes, or of the UTF-8 of a text in one part or many, as lower-case hex. */
  digest(data: Parameters<Digest>[0]): ReturnType<Digest>
  /** `node`: an answer shows all of its headers, its framing too, and there is no page that is left or frozen. */
  readonly environment: 'node' | 'other'
  /**
   * What is known of the way that a request takes through this fetch now: whether one send is one delivery, and whether
   * an error says truly that nothing was sent. `dispatcher` is the request's own option of that name.
   */
  carrierOf(fetch: Fetch, dispatcher?: unknown): Carrier
  /** False while the browser says it is offline. */
  online(): boolean
  /** Calls back once the browser is online again; returns what ends it. */
  whenOnline(callback: () => void): () => void
  /** Which process this is, so that others on the same host see when it has died. */
  readonly holder: Holder | undefined
  /** Whether another holder is known to be dead; false where nothing is known. */
  isDead(holder: Holder): boolean
}

/** What those ask of the platform who send (platform.ts): of its fetch, its processes, its hash and its chance. */
type Platform = {
  /** RFC 9562 version 4: 122 random bits; uuid refuses where there is no strong source. */
  readonly createKey: () => string
  readonly systemDigest: () => Digest
  readonly isNodeProcess: () => boolean
  /** Timers of Node's that share one; undefined where a timer costs little. */
  readonly sharedTimers: ((runtime: Pick<Runtime, 'after' | 'monotonic'>) => Runtime['after']) | undefined
  readonly carrierOf: Runtime['carrierOf']
  readonly currentHolder: () => Holder | undefined
  readonly isDeadHere: Runtime['isDead']
  readonly whenSomebodyIsBack: Runtime['whenBack']
}

/** The longest delay that a timer holds; beyond it `setTimeout` fires at once (WHATWG HTML, timers; libuv's int32). */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Real timers fire early by rounding alone, ms. */
const TIMER_EARLY_MS = 5

/** The runtime of the process or page that this runs in. `platform` is asked by those who send, not before. */
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
      // A test's fake timers may leave `performance` as it is: then what was waited for has passed all the same.
      const missingMs = dueMs - monotonic()
      if (missingMs > TIMER_EARLY_MS) aheadMs += missingMs
      callback()
    }, waitMs)
    return () => clearTimeout(timer)
  }
  const runtime: Runtime = {
    // Made when it is first asked for: workers have no chance before their first request.
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
    // Servers that play a page may set it to undefined.
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

/** Calls back after `delayMs`, if the process lasts that long: it is not kept alive for that. */
function afterwards(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS))
  const held: { unref?: () => void } = timer
  held.unref?.()
  return () => clearTimeout(timer)
}

/** 128 random bits; needs no secure context, unlike `crypto.randomUUID`. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
