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
import { SimDatabase, SimRequest, SimTransaction } from './sim-indexed-db.ts'

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

export type Tab = {
  readonly id: number
  isAlive: boolean
  /** What a page that was left, and is kept, does when it is back; undefined while it is shown. */
  waiting: { readonly timers: (() => void)[]; readonly events: (() => void)[] } | undefined
  /** Its own `addEventListener`. */
  readonly listeners: Map<string, Set<(event: Event) => void>>
}

export function newTab(id: number): Tab {
  return { id, isAlive: true, waiting: undefined, listeners: new Map() }
}

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
  /** As Firefox: a page that is kept hears nothing more of the transactions that it had. The others hear when it is back. */
  readonly #isForgetful: boolean
  readonly #rates: Rates
  readonly #active = new Map<SiteFault, Strike>()
  /** What a power failure leaves at least, and what came after it. */
  #unsure: Data[] = [new Map()]
  readonly #hung: (() => void)[] = []
  readonly #left = new Map<Tab, Strike>()
  readonly #untold = new Set<SimTransaction>()

  constructor(seed: number, rates: Rates) {
    this.random = randomOf(seed, 2)
    this.#isForgetful = randomOf(seed, 3).chance(0.5)
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
      this.time.in(this.latency(), () => this.tell(tab, () => request.fail(error)))
      return request
    }
    const fault = this.struck('open', tab)
    if (fault?.kind === 'open hangs') this.hang(fault, () => this.#opened(request, version, tab))
    else if (fault !== undefined)
      this.time.in(this.latency(), () =>
        this.tell(tab, () => request.fail(new DOMException('Internal error.', 'UnknownError'))),
      )
    else this.time.in(this.latency(OPENING_MS), () => this.#opened(request, version, tab))
    return request
  }

  #opened(request: SimRequest, version: number, tab: Tab): void {
    if (!tab.isAlive) return
    if (tab.waiting !== undefined) return this.tell(tab, () => this.#opened(request, version, tab))
    if (this.is('held by another tab') || this.is('cleared')) {
      this.time.in(10, () => this.#opened(request, version, tab))
      return
    }
    const connection = new SimDatabase(this, tab)
    this.connections.add(connection)
    request.result = connection
    if (this.data.size === 0) {
      const event = Object.assign(new Event('upgradeneeded'), { oldVersion: 0, newVersion: version })
      const upgrade = new SimTransaction(connection, [], 'readwrite', 'strict')
      request.transaction = upgrade
      request.dispatchEvent(event)
      request.transaction = null
      upgrade.dispatchEvent(new Event('complete'))
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
    // A page that is only kept is no reason to wait: browsers discard it.
    for (const { tab } of this.connections) this.comeBack(tab)
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

  /** The page runs `run`, at once or when it is back. */
  tell(tab: Tab | undefined, run: () => void, kind: 'timers' | 'events' = 'events'): void {
    if (tab?.waiting === undefined) run()
    else tab.waiting[kind].push(run)
  }

  /** The user leaves the page, and the browser keeps it as it is: nothing of it runs, and its transactions stay. */
  leave(tab: Tab, forMs: number): void {
    if (this.isHealed || !tab.isAlive || tab.waiting !== undefined) return
    this.#left.set(tab, this.#strike('page is left', tab.id, Infinity))
    this.#dispatch(tab, 'pagehide')
    tab.waiting = { timers: [], events: [] }
    if (this.#isForgetful) for (const one of this.#untold) if (one.db.tab === tab) one.forget()
    this.time.in(forMs, () => this.comeBack(tab))
  }

  /** All timers of a page that comes back are due before it hears what happened meanwhile. */
  comeBack(tab: Tab): void {
    const { waiting } = tab
    const strike = this.#left.get(tab)
    if (waiting === undefined || strike === undefined) return
    this.#left.delete(tab)
    strike.to = this.time.now
    tab.waiting = undefined
    if (!tab.isAlive) return
    this.#dispatch(tab, 'pageshow')
    for (const run of [...waiting.timers, ...waiting.events]) this.time.in(0, () => this.tell(tab, run))
  }

  #dispatch(tab: Tab, type: 'pagehide' | 'pageshow'): void {
    const event = Object.assign(new Event(type), { persisted: true })
    for (const listener of tab.listeners.get(type) ?? []) currentTab.run(tab, () => listener(event))
  }

  /** Begun, and its page has not heard how it ended. */
  awaits(one: SimTransaction): void {
    this.#untold.add(one)
  }

  toldEnd(one: SimTransaction): void {
    this.#untold.delete(one)
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
    for (const tab of this.#left.keys()) this.comeBack(tab)
  }

  noRoom(): DOMException | undefined {
    return this.is('no room') ? noRoom() : undefined
  }

  #note(by: State['by']): void {
    const rows = (this.data.get('records')?.rows ?? new Map()) as ReadonlyMap<string, Row>
    this.states.push({ at: this.time.now, rows: new Map(rows), by })
  }
}
