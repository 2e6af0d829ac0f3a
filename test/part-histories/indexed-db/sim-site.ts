import { AsyncLocalStorage } from 'node:async_hooks'
import { randomOf, type Random } from '../../simulation/random.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import {
  CALL_FAULTS,
  noRoom,
  refusalOf,
  type Call,
  type CallFault,
  type Rates,
  type SiteFault,
  type Strike,
} from './faults.ts'
import { SimDatabase, SimRequest, type SimTransaction } from './sim-indexed-db.ts'

export type Row = {
  readonly key: string
  readonly value: string
  readonly version: string
  readonly place: number
  readonly open?: string
  readonly expiresAt?: number
}

type ObjectStoreData = {
  readonly keyPath: string | undefined
  readonly indexes: Map<string, string>
  readonly rows: Map<string, unknown>
}
export type Data = ReadonlyMap<string, ObjectStoreData>

/** What was on the disk from a moment on, until the next one: what is told is compared with it. */
export type State = {
  readonly at: number
  readonly rows: ReadonlyMap<string, Row>
  readonly by: 'commit' | 'cleared' | 'power fails'
}

export type Tab = { readonly id: number; isAlive: boolean }

/** Whose code runs: what a page calls, and all that follows from it. */
export const currentTab = new AsyncLocalStorage<Tab>()

const OPENING_MS = 5

/** A site in one browser: one database, its tabs, and what goes wrong. All in virtual time, from one seed. */
export class Site {
  readonly time = new VirtualTime()
  readonly random: Random
  readonly strikes: Strike[] = []
  readonly states: State[] = [{ at: 0, rows: new Map(), by: 'commit' }]
  readonly connections = new Set<SimDatabase>()
  /** Begun and not over, in their order. */
  transactions: SimTransaction[] = []
  data: Data = new Map()
  isHealed = false
  readonly #rates: Rates
  readonly #active = new Map<SiteFault, Strike>()
  /** What a power failure leaves at least, and what came after it. */
  #unsure: Data[] = [new Map()]
  readonly #hung: (() => void)[] = []

  constructor(seed: number, rates: Rates) {
    this.random = randomOf(seed, 2)
    this.#rates = rates
  }

  /** Which fault strikes this call, if one does. */
  struck(call: Call, tab: Tab): Strike<CallFault> | undefined {
    if (this.isHealed) return undefined
    const fault = CALL_FAULTS[call].find(one => this.random.chance(this.#rates[one] ?? 0))
    return fault && this.#strike(fault, tab.id, this.time.now)
  }

  #strike<Kind extends CallFault | SiteFault>(kind: Kind, tab: number | undefined, to: number): Strike<Kind> {
    const strike = { kind, from: this.time.now, to, tab }
    this.strikes.push(strike)
    return strike
  }

  /** Something hangs until the faults end, or until it is let go. */
  hang(strike: Strike, letGo: () => void): void {
    strike.to = Infinity
    this.#hung.push(() => {
      strike.to = this.time.now
      letGo()
    })
  }

  begin(fault: SiteFault): void {
    if (!this.isHealed && !this.#active.has(fault))
      this.#active.set(fault, this.#strike(fault, undefined, Infinity))
  }

  end(fault: SiteFault): void {
    const strike = this.#active.get(fault)
    if (strike !== undefined) strike.to = this.time.now
    this.#active.delete(fault)
  }

  is(fault: SiteFault): boolean {
    return this.#active.has(fault)
  }

  latency(most = 3): number {
    return this.random.between(0, most)
  }

  /** `indexedDB.open` of the current tab. */
  open(version: number): SimRequest {
    const tab = currentTab.getStore()
    const request = new SimRequest()
    if (tab?.isAlive !== true) return request
    if (this.is('private mode')) {
      const error = refusalOf(this.random)
      if (this.random.chance(0.5)) throw error
      this.time.in(this.latency(), () => request.fail(error))
      return request
    }
    const fault = this.struck('open', tab)
    if (fault?.kind === 'open hangs') this.hang(fault, () => this.#opened(request, version, tab))
    else if (fault !== undefined)
      this.time.in(this.latency(), () => request.fail(new DOMException('Internal error.', 'UnknownError')))
    else this.time.in(this.latency(OPENING_MS), () => this.#opened(request, version, tab))
    return request
  }

  #opened(request: SimRequest, version: number, tab: Tab): void {
    if (!tab.isAlive) return
    if (this.is('held by another tab') || this.is('cleared')) {
      this.time.in(10, () => this.#opened(request, version, tab))
      return
    }
    const connection = new SimDatabase(this, tab)
    this.connections.add(connection)
    request.result = connection
    if (this.data.size === 0) {
      const event = Object.assign(new Event('upgradeneeded'), { oldVersion: 0, newVersion: version })
      request.dispatchEvent(event)
      this.#unsure = [this.data]
    }
    request.succeed(connection)
  }

  /** Starts what nothing before it keeps waiting: one that writes is alone. */
  pump(): void {
    this.transactions = this.transactions.filter(one => !one.isOver)
    for (const [index, one] of this.transactions.entries()) {
      if (
        one.mode === 'readwrite'
          ? index === 0
          : this.transactions.slice(0, index).every(({ mode }) => mode === 'readonly')
      )
        one.start()
    }
  }

  commit(data: Data, durability: 'strict' | 'relaxed'): void {
    this.data = data
    if (durability === 'strict') this.#unsure = []
    this.#unsure.push(data)
    this.#note('commit')
  }

  /** Another tab deletes the database: it waits until everybody has let go of it. */
  clear(): void {
    if (this.isHealed || this.is('cleared')) return
    this.begin('cleared')
    for (const connection of this.connections) connection.dispatchEvent(new Event('versionchange'))
    const tryIt = () => {
      if (this.connections.size > 0) return void this.time.in(5, tryIt)
      this.end('cleared')
      this.data = new Map()
      this.#unsure = [this.data]
      this.#note('cleared')
    }
    tryIt()
  }

  /** The browser closes what is open: memory, an update, the user. */
  closeAll(): void {
    this.#strike('closed by the browser', undefined, this.time.now)
    for (const connection of this.connections)
      connection.die(new DOMException('Closed.', 'AbortError'), 'told')
  }

  crash(tab: Tab): void {
    this.#strike('tab crashes', tab.id, this.time.now)
    tab.isAlive = false
    for (const connection of this.connections) if (connection.tab === tab) connection.vanish()
    this.pump()
  }

  /** All tabs are gone, and of what was written last only what was on the disk for sure, and perhaps more, is there. */
  powerFails(tabs: readonly Tab[]): void {
    this.#strike('power fails', undefined, this.time.now)
    for (const tab of tabs) this.crash(tab)
    this.data = this.random.pick(this.#unsure)
    this.#unsure = [this.data]
    this.#note('power fails')
  }

  /** Nothing goes wrong from now on, and what hung is over. */
  heal(): void {
    this.isHealed = true
    for (const fault of this.#active.keys()) if (fault !== 'cleared') this.end(fault)
    for (const letGo of this.#hung.splice(0)) letGo()
  }

  noRoom(): DOMException | undefined {
    return this.is('no room') ? noRoom() : undefined
  }

  #note(by: State['by']): void {
    const rows = (this.data.get('records')?.rows ?? new Map()) as ReadonlyMap<string, Row>
    this.states.push({ at: this.time.now, rows: new Map(rows), by })
  }
}
