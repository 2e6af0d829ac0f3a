import type { Lease } from '../../core/record/lease.ts'
import { isGone } from '../../core/record/lease.ts'
import type { RecordStore } from '../../public/store.ts'
import { Cue } from '../../runtime/cue.ts'
import type { Engine } from '../engine.ts'
import { pause } from '../../runtime/pause.ts'
import { hearThrown } from '../../guards/synchronous.ts'

/*
 * Whether a runner still lives, as its site's locks show (`RecordStore.lock`). A runner holds a lock of its own name
 * while it has runs, and its leases say so. A process that gets that lock knows that the holder is gone, long before
 * the lease runs out. This only saves time: the store's compare-and-set decides, and a holder that is frozen with its
 * lock loses the operation when its lease has run out.
 *
 * The lock is requested beside the run and never awaited before a send. A page that is hidden for good, frozen or put
 * into the back-forward cache lets go of its lock and of its waits for others; a page that comes back reads its records
 * again.
 */

/** How long a probe waits for a lock: a free one is granted in less than a millisecond. */
const PROBE_MS = 100

/** How many holders that are gone are remembered. */
const MOST_GONE = 100

/** A run that is under way here. */
type Present = { lookAgain(): void }

const presences = new WeakMap<object, Presence>()

export function presenceOf(engine: Engine): Presence {
  const known = presences.get(engine.writer)
  if (known !== undefined) return known
  const made = new Presence(engine)
  presences.set(engine.writer, made)
  return made
}

export class Presence {
  readonly #engine: Engine
  readonly #live = new Set<Present>()
  readonly #gone = new Set<string>()
  /** Ends the waits for other runners' locks. */
  readonly #waits = new Set<AbortController>()
  #away = false
  #release: (() => void) | undefined

  #unwatchPage: () => void = () => {}

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * Whether others would notice this runner's death by its lock. The lock is requested before the first record is read,
   * so it is granted before a lease is stored. If it were late, another runner would take over early, which does no
   * harm.
   */
  get isSeen(): boolean {
    return this.#release !== undefined
  }

  enter(x: Present): void {
    if (this.#live.size === 0) this.#watchPage()
    this.#live.add(x)
    this.#hold()
  }

  leave(x: Present): void {
    this.#live.delete(x)
    if (this.#live.size > 0) return
    this.#letGo()
    this.#unwatchPage()
    this.#away = false
  }

  /** Whether the holder of this very lease is gone, as far as this process knows. */
  readonly isGone = (lease: Lease): boolean =>
    isGone(lease, {
      isDead: holder => this.#engine.runtime.isDead(holder),
      hasLostLock: held => this.#gone.has(nameOf(held)),
    })

  /** Calls back when the lease's holder is gone. Returns a function that ends this. */
  whenGone(lease: Lease | undefined, callback: () => void): () => void {
    const { store, writer } = this.#engine
    if (store.lock === undefined || lease?.locked !== true || lease.runner === writer.runner || this.#away)
      return () => {}
    const controller = new AbortController()
    this.#waits.add(controller)
    const found = async () => {
      if (this.#gone.size >= MOST_GONE) this.#gone.clear()
      this.#gone.add(nameOf(lease))
      callback()
    }
    askForLock(store, lockOf(lease.runner), found, controller)
      .catch(hearThrown)
      .finally(() => this.#waits.delete(controller))
    return () => controller.abort()
  }

  /** Finds out now whether the holder is gone. */
  async probe(lease: Lease): Promise<boolean> {
    const answered = new Cue()
    const end = this.whenGone(lease, () => answered.fire())
    if (lease.locked === true) await pause(this.#engine.runtime, PROBE_MS, answered)
    end()
    return this.isGone(lease)
  }

  #hold(): void {
    const { store, writer } = this.#engine
    if (store.lock === undefined || this.#away || this.#release !== undefined) return
    const controller = new AbortController()
    const released = new Cue()
    const release = () => {
      if (this.#release === release) this.#release = undefined
      released.fire()
      controller.abort()
    }
    this.#release = release
    const hold = () =>
      new Promise<void>(resolve => {
        if (released.fired) resolve()
        else released.on(resolve)
      })
    // If the lock is refused (an opaque origin), the lease alone decides.
    askForLock(store, lockOf(writer.runner), hold, controller).catch((error: unknown) => {
      hearThrown(error)
      release()
    })
  }

  #letGo(): void {
    this.#release?.()
  }

  #watchPage(): void {
    if (this.#engine.runtime.environment === 'node' || !('addEventListener' in globalThis)) return
    const watched = [
      ['pagehide', this.#goAway],
      ['freeze', this.#goAway],
      ['pageshow', this.#comeBack],
      ['resume', this.#comeBack],
    ] as const
    for (const [type, listener] of watched) globalThis.addEventListener(type, listener)
    this.#unwatchPage = () => {
      for (const [type, listener] of watched) globalThis.removeEventListener(type, listener)
    }
  }

  /** A page in the back-forward cache that is granted a lock is removed from that cache. */
  readonly #goAway = (): void => {
    this.#away = true
    this.#letGo()
    for (const wait of this.#waits) wait.abort()
  }

  /** Time has passed unnoticed, so only the store shows the truth. */
  readonly #comeBack = (): void => {
    if (!this.#away) return
    this.#away = false
    this.#hold()
    for (const x of this.#live) x.lookAgain()
  }
}

function lockOf(runner: string): string {
  return `runner/${runner}`
}

function nameOf(lease: Lease): string {
  return `${lease.runner} ${lease.until}`
}

/** Turns a `lock` that throws into one that rejects. */
async function askForLock(
  store: RecordStore,
  name: string,
  work: () => Promise<void>,
  { signal }: AbortController,
): Promise<void> {
  await store.lock?.(name, work, { signal })
}
