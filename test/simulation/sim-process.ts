import { systemDigest } from '../../src/runtime/digest.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Wall time at true time 0, epoch ms. */
export const EPOCH = Date.UTC(2030, 0, 1)

export type ProcessInit = {
  readonly time: VirtualTime
  readonly random: Random
  /** Tells processes apart, restarts included. */
  readonly pid: number
  readonly name: string
  readonly environment: 'node' | 'other'
  readonly clock: { readonly offsetMs: number; readonly drift: number }
  /** Whether the others on the host see at once that this one has died. */
  readonly deathIsSeen: boolean
  readonly isAlive: (pid: number) => boolean
  /** Strikes at the named steps: what comes of this one. */
  readonly onStep: (point: string, count: number) => Strike | undefined
  readonly note: (what: string) => void
  readonly onCrash?: (() => void) | undefined
}

export type Strike =
  | { readonly kind: 'crash' }
  | { readonly kind: 'freeze'; readonly forMs: number; readonly monotonic: 'goes-on' | 'pauses' }

/**
 * A process (or tab) of the simulation: its clocks, its timers, and the wall around it. Whatever comes from
 * outside, a timer, an answer of the store or of the network, enters through `deliver`: at once, at the
 * thaw, or never.
 */
export class SimProcess {
  readonly name: string
  readonly pid: number
  readonly runtime: Runtime
  scope = 'u1'
  /** Whose credential its http layer puts on. */
  account = 'A'
  online = true
  readonly #init: ProcessInit
  #alive = true
  #frozen = false
  #waiting: (() => void)[] = []
  #offsetMs: number
  #pausedMs = 0
  #frozenAt = 0
  #steps = 0
  #keys = 0
  /** When it last woke up: what it read before may have grown old meanwhile. */
  thawedAt = -1

  constructor(init: ProcessInit) {
    this.#init = init
    this.name = init.name
    this.pid = init.pid
    this.#offsetMs = init.clock.offsetMs
    this.runtime = this.#createRuntime()
  }

  get isAlive(): boolean {
    return this.#alive
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  crash(): void {
    if (!this.#alive) return
    this.#init.note('crashes')
    this.#alive = false
    this.#waiting = []
    this.#init.onCrash?.()
  }

  freeze(monotonic: 'goes-on' | 'pauses'): void {
    if (!this.#alive || this.#frozen) return
    this.#init.note('freezes')
    this.#frozen = true
    this.#frozenAt = monotonic === 'pauses' ? this.#init.time.now : -1
  }

  thaw(): void {
    if (!this.#frozen) return
    this.#init.note('thaws')
    this.#frozen = false
    this.thawedAt = this.#init.time.now
    if (this.#frozenAt >= 0) this.#pausedMs += this.#init.time.now - this.#frozenAt
    const waiting = this.#waiting
    this.#waiting = []
    // One by one, as events of their own: a process that wakes up does not do everything in one microtask.
    for (const run of waiting) this.#init.time.in(0, () => this.deliver(run))
  }

  /** The wall clock is set. */
  jump(byMs: number): void {
    this.#offsetMs += byMs
  }

  /** Something from outside reaches this process. */
  deliver(run: () => void): void {
    if (!this.#alive) return
    if (this.#frozen) this.#waiting.push(run)
    else run()
  }

  /** A named step, at which a strike may fall; false where the process has crashed. */
  step(point: string): boolean {
    if (!this.#alive) return false
    const strike = this.#init.onStep(point, this.#steps++)
    if (strike?.kind === 'crash') this.crash()
    if (strike?.kind === 'freeze') {
      this.freeze(strike.monotonic)
      this.#init.time.in(strike.forMs, () => this.thaw())
    }
    return this.#alive
  }

  /** A call out of the process, with a step before it and one after its answer. */
  call<Value>(
    point: string,
    work: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (!this.step(`before ${point}`)) return
      const back = (run: () => void) => {
        if (this.step(`after ${point}`)) this.deliver(run)
      }
      this.deliver(() =>
        work(
          value => this.deliver(() => back(() => resolve(value))),
          error => this.deliver(() => back(() => reject(error))),
        ),
      )
    })
  }

  #monotonic(): number {
    const { time, clock } = this.#init
    return (time.now - this.#pausedMs) * (1 + clock.drift)
  }

  #createRuntime(): Runtime {
    const { time, clock, pid, random } = this.#init
    const now = () => EPOCH + Math.floor(time.now * (1 + clock.drift) + this.#offsetMs)
    const after = (delayMs: number, callback: () => void) => {
      const dueMs = this.#monotonic() + delayMs
      let cancel = () => {}
      const arm = () => {
        // As a real timer: never sooner than in 1 ms.
        const leftMs = Math.max(1, (dueMs - this.#monotonic()) / (1 + clock.drift))
        cancel = time.in(leftMs, () =>
          this.deliver(() => {
            if (this.#monotonic() + 0.001 < dueMs) arm()
            else callback()
          }),
        )
      }
      arm()
      return () => cancel()
    }
    return {
      runnerId: `runner-${pid}`,
      now,
      monotonic: () => this.#monotonic(),
      after,
      watchdog: after,
      afterwards: after,
      whenBack: () => () => {},
      random: () => random.next(),
      createKey: () => `key-${pid}-${this.#keys++}`,
      digest: systemDigest(),
      environment: this.#init.environment,
      carrierOf: () =>
        this.#init.environment === 'node' ? { kind: 'known', dispatcher: this } : { kind: 'unknown' },
      online: () => this.online,
      whenOnline: callback => {
        let ended = false
        const look = () => {
          if (ended) return
          if (this.online) callback()
          else after(500, look)
        }
        after(500, look)
        return () => {
          ended = true
        }
      },
      holder: this.#init.environment === 'node' ? { host: 'h', pid } : undefined,
      isDead: holder => this.#init.deathIsSeen && !this.#init.isAlive(holder.pid),
    }
  }
}
