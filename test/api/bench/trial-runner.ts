import type { Holder } from '../../../src/core/record/lease.ts'
import { systemDigest } from '../../../src/runtime/digest.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import type { RecordStore } from '../../../src/public/store.ts'
import type { Fetch } from '../../../src/public/transport.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** 2027-01-15T08:00:00.000Z: when everything in these tests begins. */
export const START = 1_800_000_000_000

/** Where a runner can be stopped dead: around everything that leaves its process. */
export type FreezePoint =
  | 'before-get'
  | 'after-get'
  | 'before-set'
  | 'after-set'
  | 'before-fetch'
  | 'after-fetch'

/** A process, as far as a client notices: its clocks, its chance, its connection, and whether it runs at all. */
export type TrialRunner = {
  readonly runtime: Runtime
  /** Makes the wall clock jump; the monotonic one does not notice. */
  readonly jump: (ms: number) => void
  /** What `random` gives from now on. */
  readonly setRandom: (value: number) => void
  readonly setOnline: (online: boolean) => void
  /** Somebody comes back to the page. */
  readonly comeBack: () => void
  /** Which runners this one knows to be dead. */
  readonly dead: Set<number>
  /** Stops the process as SIGSTOP does: no timer, no reply and no request passes any more. */
  readonly freeze: () => void
  /** The same, as soon as it comes by a point for the nth time from now on. */
  readonly freezeAt: (point: FreezePoint, nth?: number) => void
  readonly thaw: () => Promise<void>
  readonly isFrozen: () => boolean
  /** A store and a fetch as this process sees them. */
  readonly store: (store: RecordStore) => RecordStore
  readonly fetch: (fetch: Fetch) => Fetch
}

export function trialRunner(
  clock: VirtualClock,
  pid: number,
  createKey: () => string,
  environment: 'node' | 'other' = 'node',
): TrialRunner {
  let offsetMs = 0
  let random = 0.5
  let online = true
  let frozen: { readonly thawed: Promise<void>; readonly thaw: () => void } | undefined
  let trap: { readonly point: FreezePoint; left: number } | undefined
  const whenOnline = new Set<() => void>()
  const whenBack = new Set<() => void>()
  const dead = new Set<number>()
  const holder: Holder = { host: 'trial', pid, startedAt: '1' }

  const freeze = () => {
    if (frozen !== undefined) return
    let thaw = () => {}
    const thawed = new Promise<void>(resolve => (thaw = resolve))
    frozen = { thawed, thaw }
  }
  const pass = async (point: FreezePoint) => {
    if (trap?.point === point && --trap.left === 0) {
      trap = undefined
      freeze()
    }
    await frozen?.thawed
  }

  const runtime: Runtime = {
    runnerId: `runner-${pid}`,
    now: () => START + clock.elapsed() + offsetMs,
    monotonic: () => clock.elapsed(),
    after(delayMs, callback) {
      let cancelled = false
      const cancel = clock.after(delayMs, () => {
        const fire = () => {
          if (!cancelled) callback()
        }
        if (frozen === undefined) fire()
        else void frozen.thawed.then(fire)
      })
      return () => {
        cancelled = true
        cancel()
      }
    },
    watchdog: (delayMs, callback) => runtime.after(delayMs, callback),
    afterwards: (delayMs, callback) => runtime.after(delayMs, callback),
    whenBack(callback) {
      whenBack.add(callback)
      return () => whenBack.delete(callback)
    },
    random: () => random,
    createKey,
    digest: systemDigest(),
    environment,
    carrierOf: () => (environment === 'node' ? { kind: 'known', dispatcher: runtime } : { kind: 'unknown' }),
    online: () => online,
    whenOnline(callback) {
      whenOnline.add(callback)
      return () => whenOnline.delete(callback)
    },
    holder,
    isDead: other => other.host === 'trial' && dead.has(other.pid),
  }

  return {
    runtime,
    jump: ms => {
      offsetMs += ms
    },
    setRandom: value => {
      random = value
    },
    setOnline(value) {
      online = value
      if (value) for (const callback of whenOnline) callback()
    },
    comeBack() {
      for (const callback of whenBack) callback()
    },
    dead,
    freeze,
    freezeAt: (point, nth = 1) => {
      trap = { point, left: nth }
    },
    async thaw() {
      const was = frozen
      frozen = undefined
      was?.thaw()
      await clock.settle()
    },
    isFrozen: () => frozen !== undefined,
    store: store => ({
      ...store,
      delete: (...given) => store.delete(...given),
      listOpen: prefix => store.listOpen(prefix),
      async get(key) {
        await pass('before-get')
        const found = await store.get(key)
        await pass('after-get')
        return found
      },
      async set(key, value, options) {
        await pass('before-set')
        const version = await store.set(key, value, options)
        await pass('after-set')
        return version
      },
    }),
    fetch: fetch => async (input, init) => {
      await pass('before-fetch')
      try {
        return await fetch(input, init)
      } finally {
        await pass('after-fetch')
      }
    },
  }
}
