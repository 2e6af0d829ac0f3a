import type { KeyRecord } from '../../src/server/core/key-state.ts'
import type { Execution } from '../../src/server/execution.ts'
import type { Idempotency } from '../../src/server/idempotency.ts'
import type { IdempotencyOptions } from '../../src/server/options.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { RETENTION_MS } from './plan.ts'
import type { Random } from './random.ts'
import { randomOf } from './random.ts'
import { brokenByWrite, wordOf } from './server-rules.ts'
import { runEndpoint } from './run-endpoint.ts'
import type { Effect, Exchange, ServerRequest, ServerSide, Truth } from './server-side.ts'
import { resultOf } from './server-side.ts'
import type { HandlerEnd, ServerAction, ServersPlan } from './servers-plan.ts'
import type { ServerEdgeKind } from './server-edges.ts'
import { RARE_STEPS, STRUCK_STEPS } from './servers-plan.ts'
import { Strangers } from './strangers.ts'
import { ClientError, Ledger, RolledBack, runHandler } from './sim-handler.ts'
import { EPOCH, SimProcess } from './sim-process.ts'
import type { Strike } from './sim-process.ts'
import type { StoreFault } from './sim-store.ts'
import { SharedStore, storeView } from './sim-store.ts'
import type { Subject } from './subject.ts'
import type { VirtualTime } from './virtual-time.ts'

type Connection = { readonly exchange: Exchange; isOpen: boolean }

type Server = {
  readonly process: SimProcess
  readonly once: Idempotency
  readonly connections: Set<Connection>
}

export type RealServersInit = {
  readonly plan: ServersPlan
  readonly seed: number
  readonly hasDate: boolean
  readonly script: ServerScript | undefined
  readonly time: VirtualTime
  readonly subject: Subject
  readonly note: (who: string, what: string) => void
  readonly count: (kind: string) => void
  readonly violate: (rule: string, detail: string) => void
}

/** Faults that strike where they are told. */
export type ServerScript = {
  /** By the number of the handler's run, from 0. */
  readonly ends?: readonly (HandlerEnd | undefined)[]
  /** How long a run takes, and how long one that hangs hangs. Default 40 and 5,000. */
  readonly takesMs?: number
  readonly hangsMs?: number
  /** By process and the number of its write, from 0. */
  readonly writes?: Readonly<Record<string, StoreFault>>
  /** By process and the name of the step, which strikes once. */
  readonly strikes?: Readonly<Record<string, Strike>>
}

const SCOPE = 'shop'
/** Ends of a handler that say that nothing happened. */
const FREEING = new Set<HandlerEnd>(['throws NotExecuted', 'rolls back', 'throws declared 4xx'])
/** So long at least does a process try to write down what it knows. */
const MENDED_MS = 50_000
/**
 * A first-send time may be ahead by this: a client's clock (half of MOST_OFF_MS twice, its drift, and a second that is cut
 * off), or that of the server whose `Date` it went by (off by 20 s, and a jump of 20 s).
 */
const CLOCKS_DISAGREE_MS = 55_000
const BORN_MARGIN_MS = 120_000
const FIRST_PID = 1_000

/** `stillonce/server` itself: processes that crash, freeze and have clocks of their own, on a store that fails. */
export class RealServers implements ServerSide {
  readonly #init: RealServersInit
  readonly #ledger = new Ledger()
  readonly #store: SharedStore<KeyRecord>
  readonly #servers: Server[] = []
  readonly #processes = new Map<string, SimProcess>()
  #operator: Server
  readonly #strangers: Strangers
  /** By key: the process whose run ended, in time, with the word that nothing happened. */
  readonly #freed = new Map<string, SimProcess>()
  /** Under which each process remembers. */
  readonly #retentions = new Map<SimProcess, number>()
  #retentionMs = RETENTION_MS
  readonly #random: Random
  /** What is being worked on, by key: requests, and runs of the handler that may last longer. */
  readonly #atWork = new Map<string, Set<{ readonly process: SimProcess }>>()
  /** Keys with a run that ended so that only a person can tell what became of it. */
  readonly #doubtful = new Set<string>()
  readonly #owners = new Set<string>()
  /** Keys that a request with another payload used. */
  readonly #carelesslyUsed = new Set<string>()
  readonly #expiresAt = new Map<string, number | undefined>()
  readonly #landedAt = new Map<string, number>()
  #healedAt = Infinity
  /** When a store was born here in the place of another. */
  readonly #births: number[] = []
  #outageUntil = 0
  #runs = 0

  constructor(init: RealServersInit) {
    this.#init = init
    const { time, plan, subject, seed } = init
    this.#random = randomOf(seed, 21)
    const now = () => EPOCH + time.now
    this.#store = new SharedStore<KeyRecord>(
      () => subject.memoryStore({ now, maxSettled: Infinity }),
      time,
      landed => {
        const { place, options, process, before, after } = landed
        init.note(process.name, `stores ${wordOf(after)}`)
        if (!isOurs(place)) return
        // A write that lands once more, when what it wrote was removed: nobody is there to end that claim.
        if (before === undefined && this.#owners.has(after?.owner ?? '')) this.#doubtful.add(keyOf(place))
        this.#owners.add(after?.owner ?? '')
        // A claim that was taken over meanwhile ended by itself: of the next one it says nothing.
        const isFreed = this.#freed.get(keyOf(place)) === process
        if (after?.state === 'unknown' && after.fence === 1 && isFreed)
          init.violate('what did not happen frees its key', `${process.name} keeps ${keyOf(place)}`)
        const isExpired = this.#isForgotten(keyOf(place))
        this.#expiresAt.set(keyOf(place), options?.expiresAt)
        this.#landedAt.set(keyOf(place), time.now)
        const retentionMs = this.#retentions.get(process) ?? RETENTION_MS
        const broken = brokenByWrite(landed, { retentionMs, isExpired })
        if (broken !== undefined) init.violate(broken.rule, broken.detail)
      },
      plan.edges?.showsFirst,
      (place, expiresAt) => {
        if (isOurs(place)) this.#expiresAt.set(keyOf(place), expiresAt)
      },
    )
    this.#operator = this.#start('operator', { offsetMs: 0, drift: 0 })
    for (const [slot, clock] of plan.clocks.entries()) this.#servers[slot] = this.#start(`s${slot}`, clock)
    for (const action of plan.actions) time.at(action.at, () => this.#act(action))
    for (const { at, kind } of plan.edges?.actions ?? []) time.at(at, () => void this.#actAtEdge(kind))
    this.#strangers = new Strangers({
      send: (request, exchange) => this.receive(request, exchange),
      violate: init.violate,
      count: init.count,
    })
  }

  get effects(): readonly Effect[] {
    return this.#ledger.effects
  }

  effectsOf(key: string): number {
    return this.effects.filter(effect => effect.key === key).length
  }

  hasForgotten(firstSentAt: number): boolean {
    const { now } = this.#init.time
    // Clocks disagree about what came before what, by twice what they may be off.
    return firstSentAt <= this.#store.bornAt + BORN_MARGIN_MS || now - firstSentAt > this.#retentionMs * 0.85
  }

  isBentByClocks(firstSentAt: number): boolean {
    return this.#births.some(at => at >= firstSentAt && at - firstSentAt <= CLOCKS_DISAGREE_MS)
  }

  get isIdle(): boolean {
    return [...this.#atWork.keys()].every(key => !this.#isAtWork(key))
  }

  receive(request: ServerRequest, exchange: Exchange): void {
    const slot = this.#random.between(0, this.#servers.length - 1)
    const server = this.#servers[slot]!
    if (!server.process.isAlive) {
      this.#init.count('server: nobody listens')
      return exchange.lost('refused')
    }
    const connection = { exchange, isOpen: true }
    server.connections.add(connection)
    server.process.deliver(() => void this.#serve(server, request, connection))
  }

  heal(): void {
    this.#healedAt = this.#init.time.now
    for (const [slot, { process }] of this.#servers.entries()) {
      process.thaw()
      if (!process.isAlive) this.#restart(slot)
    }
  }

  reconcile(key: string, tell: (truth: Truth) => void): void {
    if (this.#isAtWork(key)) return tell('unclear')
    const effect = this.#ledger.find(key)
    const outcome = effect === undefined ? 'not-executed' : 'executed'
    const executed = effect && Response.json(resultOf(effect), { status: 201 })
    // Who runs again is told by the outcome, whatever the answer for clients says.
    const refused = this.#isByRun ? Response.json({ found: 'out' }, { status: 409 }) : undefined
    const response = executed ?? refused
    void this.#operator.once.conclude(key, { scope: SCOPE, outcome, response }).then(
      () =>
        tell(
          effect === undefined
            ? { outcome: 'not-executed' }
            : { outcome: 'executed', data: resultOf(effect) },
        ),
      () => tell('unclear'),
    )
  }

  async concludeAll(): Promise<void> {
    for await (const { key } of this.#operator.once.unresolved(SCOPE)) {
      if (key.startsWith('odd-')) this.#init.violate('half a request is none', `${key} is left open`)
      const reason = this.#reasonOf(key)
      if (reason === undefined) this.#init.violate('no key is left without a reason', key)
      // Whatever runs again by itself needs nobody; what was claimed with another payload waits for one that never comes.
      if (reason !== 'resumable' || this.#carelesslyUsed.has(key))
        this.reconcile(key, truth => this.#init.note('operator', `${key}: ${JSON.stringify(truth)}`))
    }
  }

  /** Why a key is open at the end, when nothing is at work any more. */
  #reasonOf(key: string): string | undefined {
    const record = [...this.#store.records].find(([place]) => isOurs(place) && keyOf(place) === key)?.[1]
    if (record === undefined) return 'gone'
    // A run that took over speaks for itself alone.
    const isDoubtful = this.#doubtful.has(key) || (record.state === 'unknown' && record.fence > 1)
    if (isDoubtful && 'resumable' in record)
      return 'answer' in record || !record.resumable ? 'doubtful' : 'resumable'
    const owner = this.#processes.get(record.owner.split('.')[0] ?? '')
    // It has tried for over a minute to write down what it knows.
    const isGivenUp = (this.#landedAt.get(key) ?? 0) < this.#healedAt - MENDED_MS
    if (owner?.isAlive === true && !isGivenUp) return undefined
    return 'resumable' in record && record.resumable ? 'resumable' : 'its holder died'
  }

  #start(name: string, clock: { readonly offsetMs: number; readonly drift: number }): Server {
    const { time, plan, seed, subject, note, count, script } = this.#init
    const pid = FIRST_PID + this.#processes.size
    const isOperator = name === 'operator'
    const strike = isOperator ? undefined : strikeOf(plan, seed, pid)
    let hasStruck = false
    const told = new Map(Object.entries(script?.strikes ?? {}))
    const connections = new Set<Connection>()
    const process: SimProcess = new SimProcess({
      time,
      random: randomOf(seed, 22, pid),
      pid,
      name: isOperator ? name : `${name}.${pid - FIRST_PID}`,
      environment: 'node',
      clock,
      deathIsSeen: false,
      isAlive: () => true,
      onStep: (point, step) => {
        if (this.#isHealed) return undefined
        const scripted = `${pid - FIRST_PID}:${point}`
        const isIt = step === strike?.at || point === strike?.at
        const byChance = isIt && !hasStruck ? strike?.strike : undefined
        hasStruck ||= isIt
        const struck = script === undefined ? byChance : told.get(scripted)
        told.delete(scripted)
        if (struck !== undefined) count(`server ${struck.kind} ${point}`)
        return struck
      },
      note: what => note(process.name, what),
      onCrash: () => this.#crashed(process, connections),
    })
    this.#processes.set(process.runtime.runnerId, process)
    this.#retentions.set(process, this.#retentionMs)
    const options: IdempotencyOptions = {
      store: isOperator ? this.#directStore(process) : this.#storeOf(process),
      scope: request => request.headers.get('x-user') ?? SCOPE,
      retention: this.#retentionMs,
      lease: plan.leaseMs,
      timeout: plan.timeoutMs,
      inProgress: plan.inProgress,
      // A run is told so by its call.
      ...(!this.#isByRun && { wait: plan.waitMs, resumable: plan.resumable !== 'no' }),
      nothingHappened: error =>
        error instanceof RolledBack || (error instanceof ClientError && error.isDeclared),
      ...(plan.edges !== undefined && { parse: 'json' as const }),
      ...(plan.stores === 'no refusals' && { stores: response => response.status < 400 }),
      ...(plan.stores === 'no bodies' && { maxAnswerBytes: 1 }),
      onEvent: ({ type, key }) => {
        count(type === 'in-progress' ? 'server: asked for a key in progress' : `server event: ${type}`)
        note(process.name, `event ${type} ${key}`)
        if (type === 'late-success') this.#init.violate('no late success', key)
      },
    }
    return { process, connections, once: subject.buildIdempotency(options, () => process.runtime) }
  }

  get #isByRun(): boolean {
    return this.#init.plan.workBy === 'run'
  }

  get #isHealed(): boolean {
    return this.#init.time.now >= this.#healedAt
  }

  #directStore(process: SimProcess): RecordStore {
    const store = this.#store
    const durable = <Value>(value: Value) => {
      store.acknowledge(store.written)
      return value
    }
    return {
      get: place => store.inner.get(place),
      set: (place, value, options) => store.set(process, place, value, options).then(durable),
      delete: (place, options) => store.delete(process, place, options).then(durable),
      since: async () => EPOCH + store.bornAt,
      listOpen: prefix => store.inner.listOpen(prefix),
    }
  }

  #storeOf(process: SimProcess): RecordStore {
    const { time, plan, seed, note, count, script } = this.#init
    const chance = randomOf(seed, 23, process.pid)
    let writes = 0
    return storeView({
      shared: this.#store,
      pointOf: value => (JSON.parse(value) as KeyRecord).state,
      process,
      time,
      random: randomOf(seed, 24, process.pid),
      choose: kind => {
        if (script !== undefined)
          return kind === 'set' ? script.writes?.[`${process.pid - FIRST_PID}:${writes++}`] : undefined
        if (!this.#isHealed && time.now < this.#outageUntil)
          return kind === 'set' && chance.chance(0.5) ? 'store: set fails after' : 'store: down'
        if (this.#isHealed || plan.storeFaults.length === 0 || !chance.chance(plan.storeRate))
          return undefined
        const fault = chance.pick(plan.storeFaults)
        if (fault.startsWith('store: get') && kind !== 'get') return undefined
        return fault.startsWith('store: set') && kind !== 'set' ? undefined : fault
      },
      latencyMs: () => (plan.storeLatencyMs === 0 ? 0 : chance.between(0, plan.storeLatencyMs)),
      onContact: () => {},
      onLandsLate: place => {
        if (isOurs(place)) this.#doubtful.add(keyOf(place))
      },
      note: what => note(process.name, what),
      count: kind => count(`server ${kind}`),
    })
  }

  async #serve(server: Server, request: ServerRequest, connection: Connection): Promise<void> {
    const { once, process } = server
    const { method, path, headers, body, fetchId } = request
    const key = request.key ?? keyOf(path)
    const asked = new Request(`https://api.example${path}`, {
      method,
      headers: { ...headers, 'x-fetch': String(fetchId) },
      ...(method === 'POST' && (request.breaksOff === true ? brokenOff(body) : { body })),
    })
    const end = this.#begin(key, process)
    const answer = await this.#answerOf(once, asked, process).finally(end)
    const text = await answer.text()
    if (answer.status === 412 && this.#isForgotten(key))
      this.#init.count('server: a request comes after its key was forgotten')
    process.deliver(() => {
      if (!process.step('before the answer')) return
      process.deliver(() => {
        server.connections.delete(connection)
        if (!connection.isOpen) return
        this.#init.note(process.name, `answers ${answer.status} ${text.slice(0, 60)}`)
        connection.exchange.answer({
          status: answer.status,
          headers: this.#dated(answer, process),
          body: text,
        })
      })
    })
  }

  async #answerOf(once: Idempotency, request: Request, process: SimProcess): Promise<Response> {
    try {
      if (request.method === 'GET') return await once.status(request)
      if (request.method === 'DELETE') return await once.seal(request)
      if (this.#isByRun) return await this.#answerByRun(once, request, process)
      return await once.handle(request, (inner, execution) => this.#run(inner, execution, process))
    } catch (error) {
      // What a framework makes of an error.
      if (error instanceof ClientError) return Response.json({ code: 'declined' }, { status: error.status })
      if (!(error instanceof RolledBack))
        this.#init.violate('the server throws only what its handler threw', String(error))
      return new Response('{}', { status: 500 })
    }
  }

  #answerByRun(once: Idempotency, request: Request, process: SimProcess): Promise<Response> {
    const { plan, count, violate } = this.#init
    const copy = request.clone()
    return runEndpoint(request, {
      once,
      inProgress: plan.inProgress,
      waitMs: plan.waitMs,
      resumable: plan.resumable !== 'no',
      now: () => process.runtime.now(),
      work: async execution => {
        const response = await this.#run(copy, execution, process)
        // A run has no answer that says so.
        if (!response.ok) throw new Error(`it came to ${response.status}`)
        const value = (await response.json()) as Readonly<Record<string, unknown>>
        const isUnfit = plan.stores === 'no bodies' && this.#random.chance(0.3)
        return isUnfit ? { ...value, weight: 1n } : value
      },
      count: end => count(`run: ${end}`),
      violate,
    })
  }

  async #run(request: Request, execution: Execution, process: SimProcess): Promise<Response> {
    const { plan, subject, script, count, time, note } = this.#init
    const key = execution.key ?? ''
    if (request.headers.has('x-user')) return Response.json({ stranger: true })
    if (request.headers.has('x-careless')) throw new subject.NotExecuted('it is no order')
    const finish = this.#begin(key, process)
    const random = this.#random
    const isOdd = !this.#isHealed && plan.ends.length > 0 && random.chance(plan.endRate)
    const run = this.#runs++
    const ends: readonly HandlerEnd[] = [...plan.ends, ...(plan.edges?.ends ?? [])]
    const byChance = isOdd ? random.pick(ends) : 'answers'
    const drawn = script === undefined ? byChance : (script.ends?.[run] ?? 'answers')
    // No refusal of a run's is kept: it declines by saying that nothing happened.
    const end = drawn === 'declines' && this.#isByRun ? 'throws NotExecuted' : drawn
    if (execution.resumed) count('server: runs again')
    count(`handler: ${end}`)
    note(process.name, `runs the handler for ${key}, claim ${execution.fence}: ${end}`)
    const tookMs = this.#isHealed ? 20 : random.pick([1, 40, random.between(500, 9_000)])
    const takesMs = script === undefined ? tookMs : (script.takesMs ?? 40)
    if (takesMs > plan.timeoutMs || /throws (before|after|4xx)|500|hangs/.test(end)) this.#doubtful.add(key)
    const init = {
      ledger: this.#ledger,
      process,
      resumable: plan.resumable,
      NotExecuted: subject.NotExecuted,
      end,
      takesMs,
      hangsMs: script === undefined ? random.between(5_000, 40_000) : (script.hangsMs ?? 5_000),
      now: () => time.now,
      note: (what: string) => note(process.name, what),
    }
    this.#freed.delete(key)
    // By the server's own clock, which goes wrong in some worlds: by it the server ends what takes too long.
    const begunAt = process.runtime.monotonic()
    try {
      return await runHandler(request, execution, init)
    } catch (error) {
      const isInTime = process.runtime.monotonic() < begunAt + plan.timeoutMs && execution.fence === 1
      if (FREEING.has(end) && isInTime) this.#freed.set(key, process)
      // A ledger that refuses a late holder is no fault of the handler, and yet it threw.
      this.#doubtful.add(key)
      throw error
    } finally {
      finish()
    }
  }

  #isForgotten(key: string): boolean {
    return (this.#expiresAt.get(key) ?? Infinity) <= EPOCH + this.#init.time.now
  }

  #begin(key: string, process: SimProcess): () => void {
    const all = this.#atWork.get(key) ?? new Set()
    this.#atWork.set(key, all)
    const work = { process }
    all.add(work)
    return () => void all.delete(work)
  }

  #isAtWork(key: string): boolean {
    for (const { process } of this.#atWork.get(key) ?? []) if (process.isAlive) return true
    return false
  }

  #dated({ headers }: Response, { runtime }: SimProcess): Readonly<Record<string, string>> {
    const told = Object.fromEntries(headers)
    return this.#init.hasDate ? { ...told, date: new Date(runtime.now()).toUTCString() } : told
  }

  /** Its connections break, at once or when the client gives up; somebody starts it again. */
  #crashed(process: SimProcess, connections: Set<Connection>): void {
    for (const connection of connections) {
      connection.isOpen = false
      if (this.#random.chance(0.7)) connection.exchange.lost('reset')
    }
    const slot = this.#servers.findIndex(server => server.process === process)
    this.#init.time.in(this.#random.between(1, 6_000), () => this.#restart(slot))
  }

  #restart(slot: number): void {
    if (slot < 0 || this.#servers[slot]?.process.isAlive === true) return
    this.#servers[slot] = this.#start(`s${slot}`, this.#init.plan.clocks[slot]!)
  }

  #act({ slot, kind, ms }: ServerAction): void {
    if (this.#isHealed) return
    const { process } = this.#servers[slot]!
    this.#init.count(`server action: ${kind}`)
    this.#init.note('world', `server action: ${kind} s${slot} ${ms}`)
    switch (kind) {
      case 'crash':
        return process.crash()
      case 'all crash':
        return this.#allCrash()
      case 'freeze':
        process.freeze('goes-on')
        return void this.#init.time.in(ms, () => process.thaw())
      case 'jump':
        return process.jump(ms)
      case 'store outage':
        this.#outageUntil = this.#init.time.now + ms
        return undefined
      case 'careless request':
        return this.#careless()
      default:
        return kind satisfies never
    }
  }

  async #actAtEdge(kind: ServerEdgeKind): Promise<void> {
    if (this.#isHealed) return
    this.#init.count(`server edge: ${kind}`)
    this.#init.note('world', `server edge: ${kind}`)
    switch (kind) {
      case 'power loss':
        this.#allCrash()
        return this.#store.cutBack()
      case 'backup':
        return this.#store.backUp()
      case 'empty store':
      case 'restored store':
        this.#allCrash()
        this.#births.push(this.#init.time.now)
        await this.#store.bornAnew(kind === 'empty store' ? 'nothing' : 'backup')
        this.#operator = this.#start('operator', { offsetMs: 0, drift: 0 })
        return undefined
      case 'other retention':
        this.#retentionMs = RETENTION_MS * (this.#init.plan.edges?.retentionTimes ?? 1)
        return this.#allCrash()
      case 'stranger sends':
      case 'stranger asks':
      case 'stranger seals':
      case 'half a body':
      case 'malformed body': {
        const known = [...this.#store.records.keys()]
          .filter(isOurs)
          .map(keyOf)
          .find(key => !key.startsWith('odd-'))
        return this.#strangers.act(kind, known)
      }
      default:
        return kind satisfies never
    }
  }

  #allCrash(): void {
    for (const server of this.#servers) server.process.crash()
  }

  /** Another payload under a key that is known: it is never answered as if it had been executed. */
  #careless(): void {
    // One that was concluded without a request knows no payload.
    const known = [...this.#store.records].find(
      ([place, { fingerprint }]) => fingerprint !== undefined && isOurs(place),
    )
    if (known === undefined) return
    const key = keyOf(known[0])
    this.#carelesslyUsed.add(key)
    const exchange: Exchange = {
      answer: ({ status }) => {
        // Told from outside since, of a key that the store had forgotten: that knows no payload either.
        const isTold = this.#store.records.get(known[0])?.fingerprint === undefined
        if (status < 300 && status !== 202 && !(isTold && this.#store.records.has(known[0])))
          this.#init.violate('one payload', `another payload under ${key} was answered ${status}`)
      },
      lost: () => {},
    }
    const headers = { 'idempotency-key': key, 'x-careless': '1', 'content-type': 'application/json' }
    this.receive(
      { fetchId: -1, method: 'POST', path: '/orders', key, headers, body: '{"op":"x","item":"lamp"}' },
      exchange,
    )
  }
}

/** A body of which half comes, and then its connection breaks. */
function brokenOff(body: string): RequestInit {
  let sent = false
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(new TypeError('terminated'))
      else controller.enqueue(new TextEncoder().encode(body.slice(0, body.length / 2)))
      sent = true
    },
  })
  return { body: stream, duplex: 'half' } as RequestInit
}

function isOurs(place: string): boolean {
  return place.startsWith('ss1/') && decodeURIComponent(place.split('/')[1] ?? '') === SCOPE
}

/** `ss1/SCOPE/KEY` */
function keyOf(place: string): string {
  return decodeURIComponent(place.split('/').at(-1) ?? '')
}

function strikeOf(
  plan: ServersPlan,
  seed: number,
  pid: number,
): { readonly at: number | string; readonly strike: Strike } | undefined {
  const random = randomOf(seed, 25, pid)
  if (!random.chance(plan.strikeRate)) return undefined
  const named = random.chance(0.5) ? STRUCK_STEPS : RARE_STEPS
  const at = random.chance(0.6) ? random.pick(named) : random.between(0, random.pick([3, 8, 20]))
  if (random.chance(0.5)) return { at, strike: { kind: 'crash' } }
  return {
    at,
    strike: { kind: 'freeze', forMs: random.pick([2_000, 12_000, 40_000]), monotonic: 'goes-on' },
  }
}
