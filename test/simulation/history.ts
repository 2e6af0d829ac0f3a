import type { Client } from '../../src/client/client.ts'
import type { Profile } from '../../src/core/answers/profile.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { isOpen } from '../../src/core/record/operation-record.ts'
import { mayHaveExecuted } from '../../src/core/record/outcome.ts'
import type { Operation } from '../../src/client/operation.ts'
import type { RecordStore, RecordsWithin } from '../../src/public/store.ts'
import type { Fetch, Transport } from '../../src/public/transport.ts'
import { textOfCommand, textOfEvent } from '../../src/testing/step-text.ts'
import { AskCache } from './ask-cache.ts'
import { Checker, opOf } from './checker.ts'
import type { Violation, Word } from './checker.ts'
import { OutboxLedger } from './outbox-ledger.ts'
import type { EnqueuedOver, Enqueuing } from './outbox.ts'
import { SimTransaction } from './sim-transaction.ts'
import { ModelServer, retentionAt } from './model-server.ts'
import { RealServers } from './real-servers.ts'
import type { ServerAnswer, ServerSide, Truth } from './server-side.ts'
import { resultOf } from './server-side.ts'
import type { EdgeAction } from './edges.ts'
import type { Action, Plan } from './plan.ts'
import { deadlineOf, pollDeadlineOf, retryOf, SETTINGS } from './plan.ts'
import { randomOf } from './random.ts'
import type { Input, Space } from './sim-definition.ts'
import { definitionOf, modelProfile } from './sim-definition.ts'
import { ORIGIN, SimNetwork } from './sim-network.ts'
import type { Fault, Sent } from './sim-network.ts'
import { EPOCH, SimProcess } from './sim-process.ts'
import type { Strike } from './sim-process.ts'
import { SharedStore, storeView } from './sim-store.ts'
import type { StoreFault } from './sim-store.ts'
import type { Subject } from './subject.ts'
import { VirtualTime } from './virtual-time.ts'

export type Line = { readonly at: number; readonly who: string; readonly what: string }

export type HistoryResult = {
  readonly violations: readonly Violation[]
  readonly lines: readonly Line[]
  readonly counts: ReadonlyMap<string, number>
  readonly endedAt: number
}

export type HistoryOptions = { readonly subject: Subject; readonly recorded: boolean }

type Ended = { readonly outcome: string; readonly code: string | undefined; readonly key: string | undefined }

type Actor = {
  readonly process: SimProcess
  readonly client: Client
  pay: Operation<Input>
  space: Space
  readonly define: (space: Space, again: boolean) => Operation<Input>
}

/** What the operations are called where ids are numbers. */
const NUMBERS: Readonly<Record<string, string>> = { a: '7', b: '8' }

/** After healing everything has to end within this, ms: a deadline, a poll deadline, and the store's longest hang. */
const HEALING_MS = 240_000
/** A worker pauses for at most 5 minutes before it comes back to an operation; what others hold is free by then. */
const WORKED_OFF_MS = 900_000

/** Performs one history and holds it to the promises. */
export async function runHistory(plan: Plan, options: HistoryOptions): Promise<HistoryResult> {
  const history = new History(plan, options)
  const onStray = (error: unknown) => history.strays(error)
  process.on('unhandledRejection', onStray)
  process.on('uncaughtException', onStray)
  const { runWatch } = options.subject
  if (options.recorded) runWatch.see = (...step) => history.steps(...step)
  try {
    return await history.run()
  } finally {
    process.off('unhandledRejection', onStray)
    process.off('uncaughtException', onStray)
    runWatch.see = undefined
  }
}

class History {
  readonly #plan: Plan
  readonly #options: HistoryOptions
  readonly #time = new VirtualTime()
  readonly #lines: Line[] = []
  readonly #counts = new Map<string, number>()
  readonly #checker: Checker
  readonly #ledger: OutboxLedger
  readonly #transactions = new Set<SimTransaction<OperationRecord>>()
  readonly #server: ServerSide
  readonly #network: SimNetwork
  readonly #store: SharedStore<OperationRecord>
  readonly #cache: AskCache | undefined
  /** How far all clocks are off now. */
  #clocksOffMs = 0
  readonly #slots: Actor[] = []
  readonly #processes: SimProcess[] = []
  readonly #open = new Map<number, { readonly process: SimProcess; readonly what: string }>()
  readonly #ops = new Set<string>()
  #calls = 0
  #listened = 0
  #hooked = 0
  #joined = 0
  #runs = 0
  /** The latest run of an operation in a process. */
  readonly #runOf = new Map<string, number>()
  #healed = false

  constructor(plan: Plan, options: HistoryOptions) {
    this.#plan = plan
    this.#options = options
    const { seed } = plan
    const time = this.#time
    this.#server = this.#createServer()
    this.#checker = new Checker(plan, this.#server, () => time.now)
    this.#ledger = new OutboxLedger(this.#checker, this.#server, () => time.now)
    const { edges } = plan
    this.#cache = edges === undefined || edges.cache === 'none' ? undefined : new AskCache(edges.cache)
    this.#network = new SimNetwork({
      time,
      random: randomOf(seed, 4),
      server: this.#server,
      choose: this.#faults(),
      cache: this.#cache,
      hook: hookOf(plan),
      holdsFrozen: edges?.stage === 'paused before it sends',
      onCached: sent => {
        if (edges?.cache !== 'deaf proxy')
          this.#checker.violate(
            'an ask reaches the server',
            `fetch ${sent.id} was answered by a cache that does as it is told`,
          )
      },
      onAnswer: (sent, answer) => this.#answers(sent, answer),
      ignoresAbort: () => !this.#healed && plan.ignoresAbort,
      longHoldMs: plan.longHoldMs,
      onSend: sent => {
        this.#checker.sends(sent)
        this.#ledger.sends(sent)
      },
      onSight: sent => this.#checker.sees(sent),
      note: (who, what) => this.#note(who, what),
      count: kind => this.#count(kind),
    })
    const inner = () => options.subject.memoryStore({ now: () => EPOCH + time.now })
    this.#store = new SharedStore(inner, time, landed => {
      this.#ops.add(opOf(landed.after ?? landed.before))
      this.#note(landed.process.name, `stores ${stateOf(landed.after)}`)
      this.#checker.lands(landed)
      this.#ledger.lands(landed)
    })
  }

  /** Which fault strikes which request: by chance, those of every world first, or as the script tells. */
  #faults(): (isOperation: boolean) => Fault | undefined {
    const { script, rates, sendFaults, askFaults, edges, seed } = this.#plan
    const faults = randomOf(seed, 3)
    const atEdges = randomOf(seed, 32)
    let sends = 0
    let asks = 0
    const sleptAt = edges?.actions.find(({ kind }) => kind === 'sleep')?.at ?? -1
    return isOperation => {
      if (this.#healed) return undefined
      if (script !== undefined) return isOperation ? script.sends?.[sends++] : script.asks?.[asks++]
      // Before the machine sleeps the network is all but gone, so that something is open when it wakes.
      if (this.#time.now < sleptAt) return atEdges.chance(0.8) ? gone(isOperation) : undefined
      const palette: readonly Fault[] = isOperation ? sendFaults : askFaults
      if (palette.length > 0 && faults.chance(isOperation ? rates.send : rates.ask))
        return faults.pick(palette)
      if (edges === undefined || !atEdges.chance(edges.rate)) return undefined
      const others: readonly Fault[] = isOperation ? edges.sendFaults : edges.askFaults
      return others.length === 0 ? undefined : atEdges.pick(others)
    }
  }

  /** What the model server may go by later: a client knows that it is at work. */
  #answers(sent: Sent, { status, body, headers }: ServerAnswer): void {
    const offMs = Math.abs(Date.parse(headers['date'] ?? '') - EPOCH - this.#time.now)
    // What came through a cache tells the time of another.
    if (offMs < 60_000 && headers['age'] === undefined) this.#checker.seesDate(sent)
    if (status !== 202 && status !== 409 && !body.includes('"processing"')) return
    const key = sent.isOperation ? sent.key : (new URL(sent.url).pathname.split('/').at(-1) ?? '')
    this.#checker.isAtWork(key)
    // A conflict says so by its type, and what was cut says nothing.
    if ((status === 409 && sent.isTyped) || sent.fault?.includes('cut') === true) return
    if (this.#server instanceof ModelServer) this.#server.sawAtWork(key)
  }

  #createServer(): ServerSide {
    const { seed, manner, servers, script } = this.#plan
    const count = (kind: string) => this.#count(kind)
    if (servers === undefined) {
      return new ModelServer({
        manner,
        time: this.#time,
        random: randomOf(seed, 2),
        note: what => this.#note('server', what),
        count,
        edges: this.#plan.edges,
        onSettled: (key, op, truth) => this.#webhooks(key, op, truth),
      })
    }
    return new RealServers({
      plan: servers,
      seed,
      hasDate: manner.hasDate,
      script: script === undefined ? undefined : (script.servers ?? {}),
      time: this.#time,
      subject: this.#options.subject,
      note: (who, what) => this.#note(who, what),
      count,
      violate: (rule, detail) => this.#checker.violate(rule, detail),
    })
  }

  #profile(space: Space): Profile {
    return this.#plan.servers === undefined
      ? modelProfile(this.#options.subject, this.#plan, space, this.#time.now)
      : this.#stillonceProfile()
  }

  /** The shipped one; only a day is too long for a history. */
  #stillonceProfile(): Profile {
    const { defineProfile, stillonce } = this.#options.subject
    return defineProfile({
      ...stillonce,
      retention: retentionAt(this.#time.now, this.#plan.manner, this.#plan.edges),
    })
  }

  /** An error that nobody caught: it would have ended the process. */
  strays(error: unknown): void {
    this.#checker.violate('no stray error', error instanceof Error ? error.message : 'not an error')
  }

  /** What an event led to in a run. */
  steps(...[run, event, does, commands]: Parameters<NonNullable<Subject['runWatch']['see']>>): void {
    const { runnerId } = run.engine.runtime
    const who = this.#processes.find(({ runtime }) => runtime.runnerId === runnerId)?.name ?? runnerId
    const done = commands.map(textOfCommand).join(', ')
    this.#note(who, `  run of ${run.operationId}: ${textOfEvent(event)} -> ${does.name}; ${done}`)
  }

  async run(): Promise<HistoryResult> {
    const { plan } = { plan: this.#plan }
    this.#clocksOffMs = plan.edges?.clocksOffMs ?? 0
    for (const slot of plan.clocks.keys()) this.#slots[slot] = this.#start(slot)
    for (const action of plan.edges?.actions ?? []) this.#time.at(action.at, () => this.#actAtEdge(action))
    for (const action of plan.actions) this.#time.at(action.at, () => this.#act(action))
    for (const enqueuing of plan.outbox?.enqueuings ?? [])
      this.#time.at(enqueuing.at, () => this.#actInOutbox(enqueuing))
    await this.#time.runUntil(plan.healedAt)
    this.#heal()
    await this.#time.runUntil(plan.healedAt + HEALING_MS, () => this.#isQuiet())
    this.#checkEnded()
    await this.#finalWord()
    await this.#time.runUntil(this.#time.now + this.#plan.longHoldMs, () => this.#network.underWay === 0)
    this.#checker.finish()
    this.#ledger.finishWords()
    return {
      violations: this.#checker.violations,
      lines: this.#lines,
      counts: this.#counts,
      endedAt: this.#time.now,
    }
  }

  #heal(): void {
    this.#note('world', 'all faults end')
    this.#healed = true
    this.#server.heal()
    this.#cache?.heal()
    this.#putClocksRight()
    for (const process of this.#processes) {
      process.thaw()
      process.online = true
      process.scope = 'u1'
      process.account = 'A'
    }
  }

  #putClocksRight(): void {
    for (const process of this.#processes) process.jump(-this.#clocksOffMs)
    this.#clocksOffMs = 0
  }

  #isQuiet(): boolean {
    if (this.#network.underWay > 0 || !this.#server.isIdle) return false
    for (const { process } of this.#open.values()) if (process.isAlive) return false
    return true
  }

  #checkEnded(): void {
    for (const { process, what } of this.#open.values()) {
      if (process.isAlive) this.#checker.violate('everything ends', `${process.name}: ${what} has not ended`)
    }
    this.#open.clear()
  }

  /** A fresh process in a healed world runs every operation that was begun: then it is known what became of it. */
  async #finalWord(): Promise<void> {
    await this.#time.runUntil(this.#time.now + 45_000)
    // An operator who looks while a request is under way could conclude nothing, and looks this once.
    await this.#time.runUntil(this.#time.now + 45_000, () => this.#server.isIdle)
    await this.#server.concludeAll()
    if (this.#plan.outbox !== undefined) await this.#workOff()
    const last = this.#start(this.#slots.length)
    for (const record of this.#store.records.values()) {
      if (record.scope !== 'u1') continue
      const op = String(record.id)
      this.#turnTo(last, record)
      const isTold = await this.#finalRun(last, op, 'book')
      if (!isTold) await this.#finalRun(last, op, 'lamp')
    }
    await this.#time.runUntil(this.#time.now + 45_000)
  }

  /** A worker in a healed world has time for all that was enqueued. */
  async #workOff(): Promise<void> {
    const worker = this.#start(this.#slots.length)
    this.#work(worker)
    const { records } = this.#store
    this.#ledger.heals(records.values())
    await this.#time.runUntil(this.#time.now + WORKED_OFF_MS, () => !this.#ledger.waits(records.values()))
    // A clock that was set back by days expires the key of what was never sent too (section 6).
    if (!this.#plan.hasWildClock) this.#ledger.finish(records.values())
    let isClosed = false
    void worker.client.close().then(() => (isClosed = true))
    await this.#time.runUntil(this.#time.now + 60_000, () => isClosed)
  }

  #work({ process, client }: Actor): void {
    const since = this.#time.now
    this.#beginRun(process, undefined, `${process.pid} worker`)
    // As long as its process lives it may send whatever is open.
    this.#checker.calls({ process, op: undefined, since, run: 0, shown: new Set() })
    this.#options.subject.startWorker(client, { stopOn: [] })
  }

  /** What a user reads of it at the server. */
  #lookAt(op: string): { readonly done: unknown; readonly version: number } {
    const effect = this.#server.effects.findLast(candidate => candidate.op === op)
    const version = this.#server instanceof ModelServer ? this.#server.versionOf(op) : 1
    return { done: effect && resultOf(effect), version }
  }

  /** With the credential and to the deployment of which its key is. */
  #turnTo(actor: Actor, { target }: OperationRecord): void {
    if (target.account !== '') actor.process.account = target.account
    const space: Space = target.profile === 'model-2' ? '2' : '1'
    if (this.#plan.servers !== undefined || actor.space === space) return
    actor.space = space
    actor.pay = actor.define(space, true)
  }

  async #finalRun(actor: Actor, op: string, item: string): Promise<boolean> {
    let ended: Ended | undefined
    void this.#runOnce(actor, { op, item }, undefined, 'run').then(end => (ended = end))
    await this.#time.runUntil(this.#time.now + HEALING_MS, () => ended !== undefined)
    if (ended === undefined) {
      this.#checker.violate('everything ends', `the last run of ${op} has not ended`)
      return true
    }
    if (ended.code === 'payload-mismatch') return false
    if (ended.outcome === 'unknown' && !this.#mayStayUnknown(ended))
      this.#checker.violate('nothing stays unknown', `the last run of ${op} ended with ${ended.code}`)
    return true
  }

  /** Without keys and without a status nobody can find out; nor can anybody once the key is too old. */
  #mayStayUnknown({ code, key = '' }: Ended): boolean {
    const { manner, hasWildClock, edges, servers } = this.#plan
    if (hasWildClock || code === 'key-expired' || this.#checker.isOld(key)) return true
    // A server whose memory is younger than the key refuses to believe it (section 11, 10).
    if (servers?.edges !== undefined && this.#server.hasForgotten(this.#checker.since(key))) return true
    // Who looks at the precondition before the key says 412 for ever, and that proves nothing (section 11, 3).
    const isPrecondition = edges?.shape === 'conditional put' && code === 'conflict'
    if (isPrecondition && manner.statusLagMs === undefined) return true
    if (!manner.honoursKeys) return true
    return manner.storedFailures > 0 && manner.statusLagMs === undefined
  }

  #start(slot: number): Actor {
    const { plan, subject } = { plan: this.#plan, subject: this.#options.subject }
    const pid = this.#processes.length
    const strike = this.#strikeOf(pid)
    const pauses = plan.edges?.stage === 'paused before it sends' && pid === 0 ? ['once'] : []
    const process: SimProcess = new SimProcess({
      time: this.#time,
      random: randomOf(plan.seed, 5, pid),
      pid,
      name: `p${slot}.${pid}`,
      environment: plan.environment,
      clock: this.#clockOf(slot),
      deathIsSeen: plan.deathIsSeen,
      isAlive: other => this.#processes[other]?.isAlive ?? false,
      onStep: (point, count) => {
        if (point === 'before send' && pauses.splice(0).length > 0) {
          this.#count('freeze before its first send')
          return { kind: 'freeze', forMs: 70_000, monotonic: 'goes-on' }
        }
        if (this.#healed || strike === undefined || count !== strike.step) return undefined
        this.#count(`${strike.strike.kind} ${point}`)
        return strike.strike
      },
      note: what => this.#note(process.name, what),
      onCrash: () => this.#breaksOff(process),
    })
    this.#processes.push(process)
    const fetch = this.#network.fetchOf(process)
    const client = subject.createClient(
      {
        ...SETTINGS,
        store: this.#storeOf(process),
        scope: () => process.scope,
        profile: this.#profile('1'),
        ...(plan.edges?.hasTwoAccounts === true && { account: () => process.account }),
        remember: plan.rememberMs,
        onEvent: ({ type, operationId, ...rest }) => {
          this.#count(`event: ${type}`)
          if (type === 'joined') this.#joined++
          const isAnswered = 'status' in rest && rest.status !== undefined
          if (isAnswered && (type === 'poll' || type === 'query'))
            this.#checker.tellsOfAsk(process, type, rest.key)
          if (this.#options.recorded)
            this.#note(process.name, `event ${type} ${operationId} ${JSON.stringify(rest)}`)
          return this.#listenerFails() as void
        },
        onListenerError: (_, where) => this.#count(`told of a listener's error: ${where}`),
        retry: retryOf(plan),
        deadline: deadlineOf(plan),
        poll: { ...SETTINGS.poll, deadline: pollDeadlineOf(plan) },
      },
      fetch,
      process.runtime,
    )
    const callbacks = randomOf(plan.seed, 34, pid)
    const define = (space: Space, redefine: boolean) =>
      client.operation<Input>(
        definitionOf({
          plan,
          process,
          space,
          profile: this.#profile(space),
          random: callbacks,
          redefine,
          isHealed: () => this.#healed,
          count: kind => this.#count(kind),
          look: op => this.#lookAt(op),
          onFoundOut: op => this.#checker.foundOut(process, op),
        }),
      )
    const space: Space =
      plan.edges?.hasTwoProfiles === true && callbacks.chance(0.3) && !this.#healed ? '2' : '1'
    const actor: Actor = { process, client, pay: define(space, false), space, define }
    if (plan.outbox?.workers.includes(slot) === true && !this.#healed) this.#work(actor)
    return actor
  }

  #clockOf(slot: number): { readonly offsetMs: number; readonly drift: number } {
    const { offsetMs, drift } = this.#plan.clocks[slot] ?? { offsetMs: 0, drift: 0 }
    return { offsetMs: offsetMs + this.#clocksOffMs, drift }
  }

  /** A listener of the user's that fails at every third call. */
  #listenerFails(): unknown {
    const how = this.#plan.edges?.listener ?? 'right'
    if (how === 'right' || this.#listened++ % 3 !== 0) return undefined
    this.#count(`a listener ${how}`)
    if (how === 'throws') throw new Error('a mistake in a listener')
    return Promise.reject(new Error('a mistake in an asynchronous listener'))
  }

  #strikeOf(pid: number): { readonly step: number; readonly strike: Strike } | undefined {
    const random = randomOf(this.#plan.seed, 6, pid)
    if (!random.chance(this.#plan.rates.strike)) return undefined
    const step = random.between(0, random.pick([4, 12, 40]))
    if (random.chance(0.5)) return { step, strike: { kind: 'crash' } }
    const monotonic = random.pick(['goes-on', 'pauses'] as const)
    return { step, strike: { kind: 'freeze', forMs: random.pick([2_000, 12_000, 40_000]), monotonic } }
  }

  #storeOf(process: SimProcess): RecordStore {
    const { plan } = { plan: this.#plan }
    const chance = randomOf(plan.seed, 7, process.pid)
    let writes = 0
    return storeView({
      shared: this.#store,
      ...(plan.outbox !== undefined && { within: transaction => this.#recordsWithin(transaction) }),
      pointOf,
      process,
      time: this.#time,
      random: randomOf(plan.seed, 8, process.pid),
      choose: kind => {
        if (plan.script !== undefined)
          return kind === 'set' ? plan.script.writes?.[`${process.pid}:${writes++}`] : undefined
        if (this.#healed || plan.storeFaults.length === 0 || !chance.chance(plan.rates.store))
          return undefined
        const fault = chance.pick<StoreFault>(plan.storeFaults)
        if (fault.startsWith('store: get') && kind !== 'get') return undefined
        return fault.startsWith('store: set') && kind !== 'set' ? undefined : fault
      },
      latencyMs: () => (plan.storeLatencyMs === 0 ? 0 : chance.between(0, plan.storeLatencyMs)),
      onContact: (place, contact) => {
        const ops = place === '' ? this.#ops : [opOfPlace(place)]
        for (const op of ops) this.#checker.contact(process, op, contact)
      },
      note: what => this.#note(process.name, what),
      count: kind => this.#count(kind),
    })
  }

  #actorAt(slot: number): Actor {
    const actor = this.#slots[slot]!
    if (actor.process.isAlive) return actor
    return (this.#slots[slot] = this.#start(slot))
  }

  #act(action: Action): void {
    const actor = this.#actorAt(action.slot)
    this.#note(actor.process.name, `is told: ${action.kind} ${action.op} ${action.item}`)
    this.#count(`action: ${action.kind}`)
    // Who clicks in a frozen tab is heard when it thaws.
    actor.process.deliver(() => this.#perform(actor, action))
  }

  #recordsWithin(transaction: object): RecordsWithin {
    const found = [...this.#transactions].find(candidate => candidate === transaction)
    if (found === undefined) throw new Error('no transaction of this world')
    return found.records
  }

  #actInOutbox(enqueuing: Enqueuing): void {
    const actor = this.#actorAt(enqueuing.slot)
    this.#note(actor.process.name, `is told: enqueue ${enqueuing.op} ${enqueuing.item}, ${enqueuing.ends}`)
    this.#count(`outbox: ${enqueuing.ends}`)
    actor.process.deliver(() => void this.#enqueues(actor, enqueuing))
  }

  /** A service writes rows of its own and an operation, in one transaction. */
  async #enqueues({ process, pay }: Actor, { op, item, openMs, ends }: Enqueuing): Promise<void> {
    const place = `${process.scope}/${op}`
    const asks = () =>
      this.#checker.calls({ process, op: place, since: this.#time.now, run: 0, shown: new Set() })
    const isTold = asks()
    const random = randomOf(this.#plan.seed, 52, this.#transactions.size)
    const transaction = new SimTransaction({
      shared: this.#store,
      process,
      time: this.#time,
      latencyMs: () => random.between(0, this.#plan.storeLatencyMs),
      failsAt: ends === 'is refused by the database' ? random.between(0, 1) : undefined,
      onEnd: (end, written) => {
        this.#note(process.name, `its transaction is ${end}`)
        this.#count(`outbox: ${end}`)
        this.#ledger.ends(end, written)
        for (const { before } of written) this.#count(`outbox: ${this.#overWhat(before)}`)
        // Whatever callers were told of it before: it is asked for again.
        if (end === 'committed' && written.length > 0) asks()()
      },
    })
    this.#transactions.add(transaction)
    const { enqueue } = this.#options.subject
    const given = await this.#call(process, `enqueue ${place} ${item}`, () =>
      enqueue(transaction, pay, { op, item }).catch(error => {
        if ((error as { code?: unknown }).code === 'payload-mismatch')
          this.#count('outbox: over another payload')
        throw error
      }),
    )
    if (given !== undefined) this.#ledger.gives(given.value, item)
    if (given !== undefined && !transaction.hasWritten) this.#count('outbox: over the same')
    await new Promise<void>(resolve => process.runtime.after(openMs, resolve))
    if (ends === 'dies before it commits') return process.crash()
    if (given === undefined || ends === 'rolls back') transaction.rollBack()
    else {
      const committed = process.call<void>('outbox commit', (resolve, reject) => {
        void transaction.commit().then(resolve, reject)
        if (ends === 'dies as it commits') process.crash()
      })
      await committed
    }
    isTold()
  }

  #overWhat(before: OperationRecord | undefined): EnqueuedOver {
    if (before === undefined) return 'over nothing'
    if (!isOpen(before)) return 'over a proven failure'
    if (before.firstSentAt === undefined) return 'over what was never sent'
    if (this.#checker.isOld(before.key)) return 'over a key that is too old'
    return mayHaveExecuted(before) ? 'over what is in doubt' : 'over what was sent, and refused'
  }

  /** The database notices that a connection is gone, and gives its transaction up. */
  #breaksOff(process: SimProcess): void {
    for (const transaction of this.#transactions)
      if (transaction.process === process) this.#time.in(500, () => transaction.rollBack())
  }

  #actAtEdge({ slot, kind, ms }: EdgeAction): void {
    const first = this.#nameOf('a')
    const actor = this.#actorAt(slot)
    const { process } = actor
    this.#note(process.name, `edge: ${kind} ${ms}`)
    this.#count(`edge: ${kind}`)
    switch (kind) {
      case 'other account':
        if (this.#plan.edges?.hasTwoAccounts !== true) return undefined
        process.account = 'B'
        return void this.#time.in(ms, () => (process.account = 'A'))
      case 'other profile':
        if (this.#plan.edges?.hasTwoProfiles !== true) return undefined
        return process.deliver(() => {
          actor.space = actor.space === '1' ? '2' : '1'
          actor.pay = actor.define(actor.space, true)
        })
      case 'sleep':
        return this.#sleep(ms)
      case 'clock put right':
        return this.#putClocksRight()
      case 'settle':
        return process.deliver(
          () => void this.#settledBy(actor, 'settle', first, () => actor.pay.byId(first).settle()),
        )
      case 'resume and send':
        return process.deliver(() => void this.#resume(actor, true))
      case 'run':
        return process.deliver(() => void this.#runOnce(actor, { op: first, item: 'book' }, undefined, 'run'))
      default:
        return kind satisfies never
    }
  }

  /** The machine itself: all of its processes. */
  #sleep(ms: number): void {
    for (const process of this.#processes) {
      process.freeze('pauses')
      this.#time.in(ms, () => process.thaw())
    }
  }

  /** The server tells what became of a key, twice, and late at times. */
  #webhooks(key: string, op: string, truth: Truth): void {
    const how = this.#plan.edges?.webhooks ?? 'none'
    if (how === 'none' || truth === 'unclear' || key === '') return
    const random = randomOf(this.#plan.seed, 33, ++this.#hooked)
    const [scope, id = ''] = op.split('/')
    // Many say only that it happened.
    const isBare = how === 'with their key' && random.chance(0.5)
    for (const afterMs of [random.between(10, 5_000), random.between(5_000, 90_000)]) {
      this.#time.in(afterMs, () => {
        const actor = this.#actorAt(random.between(0, this.#slots.length - 1))
        this.#count('webhook')
        this.#note('server', `webhook: ${truth.outcome} of ${key}`)
        const named = how === 'with their key'
        if (named) this.#checker.tells(op, key, truth.outcome)
        else this.#checker.tellsLoosely(op, truth.outcome)
        actor.process.deliver(() => {
          // Another user is logged in there by now.
          if (actor.process.scope !== scope) return
          void this.#call(actor.process, `webhook ${id}`, () =>
            actor.pay
              .byId(id)
              .conclude({ ...(isBare ? { outcome: truth.outcome } : truth), ...(named && { key }) }),
          )
        })
      })
    }
  }

  /** An operation by the name that it has in this world. */
  #nameOf(op: string): string {
    return this.#plan.edges?.numericIds === true ? (NUMBERS[op] ?? op) : op
  }

  #perform(actor: Actor, action: Action): void {
    const { process, client, pay } = actor
    const { item, ms } = action
    const op = this.#nameOf(action.op)
    const input = { op, item }
    const on = pay.byId(op)
    switch (action.kind) {
      case 'run':
        return void this.#runOnce(actor, input, undefined, 'run')
      case 'run twice':
        void this.#runOnce(actor, input, undefined, 'run')
        return void this.#runOnce(actor, { op, item: ms % 3 === 0 ? 'lamp' : item }, undefined, 'run')
      case 'run and abort': {
        const abort = new AbortController()
        this.#time.in(ms, () => process.deliver(() => abort.abort()))
        return void this.#runOnce(actor, input, abort.signal, 'run, aborted')
      }
      case 'run aborted':
        return void this.#runOnce(actor, input, AbortSignal.abort(), 'run, aborted before')
      case 'settle':
        return void this.#settledBy(actor, 'settle', op, () => on.settle())
      case 'cancel':
        if (!this.#plan.manner.seals) return undefined
        return void this.#settledBy(actor, 'cancel', op, () => on.cancel())
      case 'conclude':
        return this.#conclude(actor, op)
      case 'forget':
        this.#checker.drops(process, `${process.scope}/${op}`)
        return void this.#call(process, 'forget', () => on.forget())
      case 'forget by force':
        this.#checker.drops(process, `${process.scope}/${op}`)
        this.#checker.forces(process)
        return void this.#call(process, 'forget by force', () => on.forget({ force: true }))
      case 'inspect':
        return void this.#inspect(actor, op)
      case 'pending':
        return void this.#pending(actor)
      case 'resume':
        return void this.#resume(actor, false)
      case 'resume and send':
        return void this.#resume(actor, true)
      case 'clear':
        this.#checker.drops(process, process.scope)
        this.#ledger.clears(process)
        return void this.#call(process, 'clear', () => client.clear())
      case 'clear by force':
        this.#checker.drops(process, process.scope)
        this.#ledger.clears(process)
        this.#checker.forces(process)
        return void this.#call(process, 'clear by force', () => client.clear({ force: true }))
      case 'close':
        this.#checker.closes(process)
        return void this.#call(process, 'close', () => client.close()).then(() => process.crash())
      case 'crash':
        return process.crash()
      case 'restart':
        process.crash()
        this.#slots[action.slot] = this.#start(action.slot)
        return undefined
      case 'freeze':
      case 'freeze, monotonic pauses':
        process.freeze(action.kind === 'freeze' ? 'goes-on' : 'pauses')
        return void this.#time.in(ms, () => process.thaw())
      case 'jump':
      case 'wild jump':
        return process.jump(ms)
      case 'other user':
        process.scope = 'u2'
        return void this.#time.in(ms, () => (process.scope = 'u1'))
      case 'offline':
        process.online = false
        return void this.#time.in(ms, () => (process.online = true))
      default:
        return action.kind satisfies never
    }
  }

  async #runOnce(
    actor: Actor,
    input: Input,
    signal: AbortSignal | undefined,
    kind: string,
  ): Promise<Ended | undefined> {
    const { process, pay } = actor
    const since = this.#time.now
    const op = `${process.scope}/${input.op}`
    const joinedBefore = this.#joined
    const run = pay.start(input, signal === undefined ? {} : { signal })
    const place = `${process.pid} ${op}`
    // Joining is told in the tick of the call.
    if (this.#joined === joinedBefore || !this.#runOf.has(place)) this.#beginRun(process, op, place)
    const runId = this.#runOf.get(place) ?? 0
    const shown = new Set<string>()
    const isTold = this.#checker.calls({ process, op, since, run: runId, shown })
    const look = () => {
      const { key, state } = run.snapshot
      if (key !== undefined && (state === 'pending' || state === 'processing')) shown.add(key)
      return this.#listenerFails() as void
    }
    run.subscribe(look)
    const end = await this.#call(process, `${kind} ${op} ${input.item}`, () => run.settled)
    isTold()
    if (end === undefined) return undefined
    const { settled } = { settled: end.value }
    const data = settled.outcome === 'executed' ? settled.data : undefined
    const key = settled.error?.key ?? (data as { key?: string } | undefined)?.key
    this.#told(actor, { since, op, kind, settled, key, item: input.item, run: runId, shown })
    return { outcome: settled.outcome, code: settled.error?.code, key }
  }

  #beginRun(process: SimProcess, op: string | undefined, place: string): void {
    const id = ++this.#runs
    this.#runOf.set(place, id)
    this.#checker.begins({ id, process, op, since: this.#time.now })
  }

  #told(
    actor: Actor,
    about: {
      readonly since: number
      readonly op: string
      readonly kind: string
      readonly settled: Awaited<ReturnType<Operation<Input>['settle']>>
      readonly key: string | undefined
      readonly item: string | undefined
      readonly run?: number | undefined
      readonly shown?: ReadonlySet<string>
    },
  ): void {
    const { settled, ...rest } = about
    this.#note(
      actor.process.name,
      `${about.kind}: told ${settled.outcome} (${settled.error?.code ?? 'data'}, ${about.key ?? 'no key'})`,
    )
    this.#count(`told ${settled.outcome}`)
    this.#tells({
      ...rest,
      at: this.#time.now,
      process: actor.process,
      outcome: settled.outcome,
      code: settled.error?.code,
      data: settled.outcome === 'executed' ? settled.data : undefined,
    })
  }

  #tells(word: Word): void {
    this.#checker.told(word)
    this.#ledger.told(word)
  }

  async #settledBy(
    actor: Actor,
    kind: string,
    id: string,
    ask: () => ReturnType<Operation<Input>['settle']>,
  ): Promise<void> {
    const since = this.#time.now
    const op = `${actor.process.scope}/${id}`
    const end = await this.#call(actor.process, `${kind} ${op}`, ask)
    if (end === undefined) return
    const settled = end.value
    const data = settled.outcome === 'executed' ? settled.data : undefined
    const key = settled.error?.key ?? (data as { key?: string } | undefined)?.key
    this.#told(actor, { since, op, kind, settled, key, item: undefined })
  }

  async #inspect(actor: Actor, id: string): Promise<void> {
    const since = this.#time.now
    const op = `${actor.process.scope}/${id}`
    const end = await this.#call(actor.process, `inspect ${op}`, () => actor.pay.byId(id).inspect())
    const snapshot = end?.value
    if (snapshot === undefined) return
    const { outcome, key, data } = snapshot
    const word = { since, op, kind: 'inspect', outcome, code: undefined, key, item: undefined, data }
    this.#tells({ ...word, at: this.#time.now, process: actor.process })
  }

  async #pending({ process, client }: Actor): Promise<void> {
    const { scope } = process
    const openNow = () =>
      [...this.#store.records.values()].filter(
        record => record.scope === scope && (record.state === 'pending' || record.state === 'processing'),
      )
    const before = new Set(openNow().map(({ key }) => key))
    const end = await this.#call(process, 'pending', () => client.pending())
    if (end === undefined) return
    const stayed = openNow().filter(({ key }) => before.has(key))
    this.#checker.lists(
      process,
      scope,
      end.value.map(({ key }) => key ?? ''),
      stayed,
    )
  }

  async #resume(actor: Actor, send: boolean): Promise<void> {
    const since = this.#time.now
    const { scope } = actor.process
    const { process } = actor
    if (send) this.#beginRun(process, undefined, `${process.pid} resume`)
    const isTold = send
      ? this.#checker.calls({ process, op: undefined, since, run: 0, shown: new Set() })
      : () => {}
    const end = await this.#call(process, 'resume', () => actor.client.resume({ send }))
    isTold()
    for (const { id, outcome } of end?.value ?? []) {
      if (outcome === 'skipped') continue
      const word = { since, op: `${scope}/${String(id)}`, kind: 'resume', outcome, code: undefined }
      const rest = {
        key: undefined,
        item: undefined,
        data: undefined,
        at: this.#time.now,
        process: actor.process,
      }
      this.#tells({ ...word, ...rest })
    }
  }

  /** An operator looks into the server's ledger and tells the client the truth about what is stored now. */
  #conclude(actor: Actor, id: string): void {
    const record = [...this.#store.records.values()].find(
      candidate => candidate.scope === actor.process.scope && String(candidate.id) === id,
    )
    if (record === undefined || record.key === '') return
    const { key } = record
    this.#server.reconcile(key, truth => {
      if (truth === 'unclear') return
      this.#note('operator', `tells ${id}: ${truth.outcome} of ${key}`)
      this.#checker.tells(`${actor.process.scope}/${id}`, key, truth.outcome)
      void this.#call(actor.process, `conclude ${id}`, () => actor.pay.byId(id).conclude({ ...truth, key }))
    })
  }

  /** A call of the user: it must end while its process lives. */
  async #call<Value>(
    process: SimProcess,
    what: string,
    work: () => Promise<Value>,
  ): Promise<{ readonly value: Value } | undefined> {
    const id = this.#calls++
    this.#open.set(id, { process, what })
    try {
      return { value: await work() }
    } catch (error) {
      this.#note(process.name, `${what}: rejects: ${error instanceof Error ? error.message : String(error)}`)
      if ((error as { code?: unknown }).code === undefined)
        this.#checker.violate('only our errors', `${what} rejected with ${String(error)}`)
      return undefined
    } finally {
      this.#open.delete(id)
    }
  }

  #note(who: string, what: string): void {
    if (this.#options.recorded) this.#lines.push({ at: this.#time.now, who, what })
  }

  #count(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }
}

/** `so1/SCOPE/NAME/ID`, the id as escaped JSON text. */
function opOfPlace(place: string): string {
  const [, scope = '', , id = ''] = place.split('/')
  return `${scope}/${decodeURIComponent(id).replaceAll(/[\\"]/g, '')}`
}

function stateOf(record: OperationRecord | undefined): string {
  if (record === undefined) return 'nothing: the record is removed'
  const flight = 'inFlight' in record && record.inFlight !== undefined ? ', in flight' : ''
  return `${record.state}, generation ${record.generation}, ${record.key || 'no key'}, ${record.ambiguous} in doubt${flight}`
}

export type CreateClient = (
  options: Parameters<Subject['buildClient']>[0],
  fetch: Fetch,
  runtime: SimProcess['runtime'],
) => Client

/** Plain fetch, behind the same gate: what the simulation sends through, where it is not ky. */
export function directTransport(fetch: Fetch): Transport {
  return {
    resolveUrl: url => new URL(url, `${ORIGIN}/`),
    send: (request, gate) =>
      gate(request.url, { method: request.method, headers: request.headers, body: request.body ?? null }),
    innermostFetch: () => fetch,
  }
}

/** Names the write, so that a crash has a named place. */
function pointOf(value: string): string {
  const record = JSON.parse(value) as OperationRecord
  if (record.state === 'succeeded' || record.state === 'failed') return record.state
  if (record.inFlight !== undefined) return 'begin'
  return record.lease === undefined ? 'release' : record.state
}

/** Whether a hook of the definition judges the body, and whether it can. */
function hookOf({ edges }: Plan): 'right' | 'broken' | undefined {
  if (edges === undefined || edges.verdict === 'none') return undefined
  return edges.verdict === 'right' ? 'right' : 'broken'
}

function gone(isOperation: boolean): Fault {
  return isOperation ? 'answer lost' : 'ask lost'
}
