import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { isOpen, lineOf } from '../../src/core/record/operation-record.ts'
import type { RunEvent } from '../../src/core/run/run-events.ts'
import { asked, lateAnswer, observed, UNREAD, unwritten } from './events.ts'
import type { EvidenceName } from './events.ts'
import { IDLE, nameOf, textOfReading } from './model.ts'
import type { Model } from './model.ts'
import { Promises } from './promises.ts'
import type { Violation } from './promises.ts'
import { Running } from './running.ts'
import type { Signal } from './running.ts'
import { BEYOND_DEADLINE_MS, BEYOND_LEASE_MS, DEADLINE_MS, NAP_MS, RETENTION_MS, SET_BACK_MS, TIMEOUT_MS } from './setting.ts'
import type { AnswerName, Clock, Message, Reading, Runner, Server, Todo, Told, World } from './world.ts'

/** What may happen next: where it leads, or the promise that it breaks. */
export type Move = { readonly label: string; readonly to: World | Violation }

/** By how much the time may pass while nobody moves. */
const PASSES = [
  ['a second and a half pass', NAP_MS],
  ['a lease passes', BEYOND_LEASE_MS],
  ['a deadline passes', BEYOND_DEADLINE_MS],
  ["a key's life passes", RETENTION_MS],
] as const

/** All that may happen next in a world. */
export class Moves {
  readonly running: Running
  readonly #model: Model
  readonly #promises: Promises
  #moves: Move[] = []
  #world!: World
  #runners!: readonly Runner[]
  #server!: Server
  #clock!: Clock

  constructor(model: Model) {
    this.#model = model
    this.running = new Running(model)
    this.#promises = new Promises(model)
  }

  first(): World {
    const { clocks, runners, servers, setting } = this.#model
    const idle = runners.idOf(IDLE)
    const still = setting.modes.map(() => 0)
    return {
      runners: setting.modes.map(() => idle),
      stored: 0,
      server: servers.idOf({ effects: [], memory: [], air: [], firstSent: [], dropped: [] }),
      clock: clocks.idOf({ at: 0, wall: still, mono: still }),
      faultsLeft: setting.faults,
    }
  }

  of(world: World): readonly Move[] {
    const model = this.#model
    this.#moves = []
    this.#world = world
    this.#runners = world.runners.map(id => model.runners.of(id))
    this.#server = model.servers.of(world.server)
    this.#clock = model.clocks.of(world.clock)
    for (const [index, runner] of this.#runners.entries()) this.#ofRunner(index, runner)
    this.#ofServer()
    if (world.faultsLeft > 0) {
      this.#ofClock()
      this.#ofOperator()
    }
    return this.#moves
  }

  // --- building worlds ---

  #add(label: string, to: World | Violation): void {
    this.#moves.push({ label, to })
  }

  #with(changes: Partial<World>, cost = 0): World {
    const { runners, stored, server, clock, faultsLeft } = this.#world
    return { runners, stored, server, clock, ...changes, faultsLeft: faultsLeft - cost }
  }

  #withRunner(world: World, index: number, runner: Runner): World {
    const runners = [...world.runners]
    runners[index] = this.#model.runners.idOf(runner)
    return { ...world, runners }
  }

  #withServer(world: World, changes: Partial<Server>): World {
    const server = { ...this.#model.servers.of(world.server), ...changes }
    return { ...world, server: this.#model.servers.idOf(server) }
  }

  #later(world: World, ms: number): World {
    const clock = this.#model.clocks.of(world.clock)
    return { ...world, clock: this.#model.clocks.idOf({ ...clock, at: clock.at + ms }) }
  }

  /** Somebody wrote: whoever saw the version of before has an old one. */
  #stored(before: World, by: number | undefined, record: OperationRecord): World | Violation {
    const broken = this.#promises.ofWrite(before, record)
    if (broken !== undefined) return broken
    const { runners } = this.#model
    const others = before.runners.map((id, index) => {
      const runner = runners.of(id)
      return index === by || !runner.isCurrent ? id : runners.idOf({ ...runner, isCurrent: false })
    })
    return { ...before, runners: others, stored: this.#model.idOf(record) }
  }

  /** An event comes to a runner; what others see of it follows. */
  #feed(before: World, index: number, name: string, event: () => RunEvent, laterMs = 0): World | Violation {
    const { runner, signals } = this.running.feed(index, before.runners[index]!, before.clock, name, event, laterMs)
    const runners = [...before.runners]
    runners[index] = runner
    let world: World = { ...before, runners }
    for (const signal of signals) {
      const next = this.#signalled(before, world, index, signal)
      if ('rule' in next) return next
      world = next
    }
    return this.#promises.ofRunner(world, index) ?? world
  }

  #signalled(before: World, world: World, index: number, signal: Signal): World | Violation {
    switch (signal.is) {
      case 'threw':
        return { rule: 'the machine does not throw', about: String(signal.error) }
      case 'ended': {
        const broken = this.#promises.ofEnd(before, world, index, signal.end, signal.state)
        return broken ?? this.#withoutAnswersTo(world, index)
      }
      case 'sent':
        return this.#sent(world, index, signal.record)
      default:
        return signal satisfies never
    }
  }

  #withoutAnswersTo(world: World, index: number): World {
    const { air } = this.#model.servers.of(world.server)
    const left = air.filter(({ by, answer }) => by !== index || answer === undefined)
    return left.length === air.length ? world : this.#withServer(world, { air: left })
  }

  #sent(world: World, index: number, record: OperationRecord): World | Violation {
    const broken = this.#promises.ofSend(world, index, record)
    if (broken !== undefined) return broken
    const { servers, clocks, runners } = this.#model
    const runner = runners.of(world.runners[index]!)
    const { air, firstSent } = servers.of(world.server)
    const { at } = clocks.of(world.clock)
    const { key, generation } = record
    const message: Message = { by: index, send: numberOf(runner), key, generation, line: lineOf(record), answer: undefined }
    const sent = firstSent.some(one => one.key === key) ? firstSent : sorted([...firstSent, { key, at }])
    const next = this.#withServer(world, { air: sortedAir([...air, message]), firstSent: sent })
    return this.#withRunner(next, index, { ...runner, ahead: undefined })
  }

  // --- a runner ---

  #ofRunner(index: number, runner: Runner): void {
    const { faultsLeft } = this.#world
    const who = nameOf(index)
    if (runner.state === undefined) {
      if (runner.calls === 0) this.#add(`${who} is called`, this.#called(index, runner, 0))
      else if (faultsLeft > 0 && runner.calls === 1) this.#add(`${who} is called again`, this.#called(index, runner, 1))
      return
    }
    if (runner.todo?.is === 'still') return
    if (runner.todo !== undefined) this.#ofTodo(index, runner, runner.todo)
    if (runner.attempt !== undefined) this.#ofAttempt(index, runner)
    if (faultsLeft > 0 && this.#model.states.of(runner.state).knows.stop === undefined) {
      const stop: RunEvent = { type: 'stop', request: 'aborted' }
      this.#add(`${who} is told to stop`, this.#feed(this.#with({}, 1), index, 'stop', () => stop))
    }
  }

  #called(index: number, runner: Runner, cost: number): World | Violation {
    const model = this.#model
    const begun = model.readingOf(this.#clock, index)
    const policy = model.policyOf(index, begun)
    const state = model.states.idOf(model.subject.beginning(policy.startedMs + DEADLINE_MS))
    const calls = runner.calls + 1
    const { writes, keys } = runner
    const called = { ...IDLE, calls, state, begun, writes, keys }
    const world = this.#withRunner(this.#with({}, cost), index, called)
    return this.#feed(world, index, 'begun', () => ({ type: 'begun' }))
  }

  #ofTodo(index: number, runner: Runner, todo: Todo): void {
    switch (todo.is) {
      case 'read':
        return this.#ofRead(index, runner, todo.since)
      case 'slow-read':
        return this.#ofSlow(index, runner, todo, world =>
          this.#read(world, index, todo.stored, todo.since),
        )
      case 'write':
        return this.#ofWrite(index, runner, todo)
      case 'slow-write':
        return this.#ofSlow(index, runner, todo, world => this.#written(world, index, todo.written, todo.since))
      case 'read-back':
        return this.#ofReadBack(index, runner, todo.written)
      case 'make-key':
        return this.#ofMakeKey(index, runner)
      case 'compare-bytes':
        return this.#add(
          `${nameOf(index)} has its bytes`,
          this.#feed(this.#with({}), index, 'compared', () => ({ type: 'compared', bodyHash: 'bytes' })),
        )
      case 'ask':
        return this.#ofAsk(index, runner, todo.since)
      case 'slow-ask':
        return this.#ofSlow(index, runner, todo, world => this.#asked(world, index, todo.told, todo.since))
      case 'wait':
        return this.#ofWait(index, runner)
      case 'rest':
        return this.#ofRest(index, runner)
      case 'still':
        return undefined
      default:
        return todo satisfies never
    }
  }

  #changed(world: World, index: number, changes: Partial<Runner>): World {
    return this.#withRunner(world, index, { ...this.#model.runners.of(world.runners[index]!), ...changes })
  }

  // --- reads ---

  #ofRead(index: number, runner: Runner, since: Reading): void {
    const { stored, faultsLeft } = this.#world
    const who = nameOf(index)
    const current = this.#changed(this.#with({}), index, { isCurrent: true })
    this.#add(`${who} reads`, this.#read(current, index, stored, since))
    if (faultsLeft === 0) return
    const { heard } = this.#knowsOf(runner)
    this.#add(
      `${who} cannot read`,
      this.#feed(this.#with({}, 1), index, 'unread', () => ({ type: 'unread', fault: UNREAD, heard })),
    )
    const slow: Todo = { is: 'slow-read', stored, since, isDue: false }
    this.#add(
      `${who} reads, and the store takes long to tell`,
      this.#changed(this.#with({}, 1), index, { isCurrent: true, todo: slow }),
    )
  }

  #read(world: World, index: number, stored: number, since: Reading): World | Violation {
    const heard = { stored: this.#model.recordOf(stored), since }
    return this.#feed(this.#done(world, index), index, `read ${stored} ${textOfReading(since)}`, () => ({ type: 'read', heard }))
  }

  #done(world: World, index: number): World {
    return this.#changed(world, index, { todo: undefined })
  }

  #knowsOf(runner: Runner) {
    return this.#model.states.of(runner.state ?? 0).knows
  }

  /** What takes long comes once time has passed. */
  #ofSlow(
    index: number,
    runner: Runner,
    todo: Extract<Todo, { isDue: boolean }>,
    comes: (world: World) => World | Violation,
  ): void {
    const who = nameOf(index)
    if (todo.isDue) return this.#add(`it comes to ${who}`, comes(this.#with({})))
    const due = this.#withRunner(this.#with({}), index, { ...runner, todo: { ...todo, isDue: true } })
    this.#add(`${who} waits for a second and a half`, this.#later(due, NAP_MS))
    return this.#add(`${who} waits for more than a lease`, this.#later(due, BEYOND_LEASE_MS))
  }

  // --- writes ---

  /** As engine/stored/journal.ts writes. */
  #ofWrite(index: number, runner: Runner, { record: id, since }: Extract<Todo, { is: 'write' }>): void {
    const model = this.#model
    const who = nameOf(index)
    const record = model.recordOf(id)!
    const { heard } = this.#knowsOf(runner)
    if (heard.stored !== undefined && !model.subject.mayFollow(heard.stored, record)) {
      const world = this.#done(this.#with({}), index)
      return this.#add(`${who} may not write`, this.#feed(world, index, 'lost unwritten', () => ({ type: 'lost', heard })))
    }
    if (!runner.isCurrent) return this.#add(`${who} writes, and another was first`, this.#lost(this.#with({}), index))
    const write = runner.writes + 1
    const written = { ...record, writer: { runner: who, write } }
    const writtenId = model.idOf(written)
    const applied = this.#applied(index, written, write, 0)
    if ('rule' in applied) return this.#add(`${who} writes`, applied)
    this.#add(`${who} writes ${record.state}`, this.#written(applied, index, writtenId, since))
    if (this.#world.faultsLeft === 0) return undefined
    const sunk = this.#with({ ...applied }, 1)
    const back: Todo = { is: 'read-back', written: writtenId }
    this.#add(
      `${who} writes ${record.state}, and the acknowledgement is lost`,
      this.#changed(sunk, index, { todo: back, isCurrent: false }),
    )
    this.#add(
      `${who} writes ${record.state}, and can neither see nor read that`,
      this.#unread(this.#changed(sunk, index, { isCurrent: false }), index),
    )
    const slow: Todo = { is: 'slow-write', written: writtenId, since, isDue: false }
    this.#add(
      `${who} writes ${record.state}, and the store takes long to tell`,
      this.#changed(sunk, index, { todo: slow }),
    )
    const nothing = this.#with({}, 1)
    this.#add(`${who} cannot write ${record.state}`, this.#changed(nothing, index, { todo: back }))
    return this.#add(`${who} can neither write ${record.state} nor read`, this.#unread(nothing, index))
  }

  #applied(index: number, written: OperationRecord, write: number, cost: number): World | Violation {
    const world = this.#stored(this.#with({}, cost), index, written)
    if ('rule' in world) return world
    const isAhead = isOpen(written) && written.inFlight?.runner === nameOf(index)
    const runner = this.#model.runners.of(world.runners[index]!)
    return this.#withRunner(world, index, { ...runner, writes: write, ...(isAhead && { ahead: written.key }) })
  }

  #written(world: World, index: number, id: number, since: Reading): World | Violation {
    const record = this.#model.recordOf(id)!
    return this.#feed(this.#done(world, index), index, `written ${id} ${textOfReading(since)}`, () => ({
      type: 'written',
      record,
      heard: { stored: record, since },
    }))
  }

  #lost(before: World, index: number): World | Violation {
    const { stored } = before
    const since = this.#model.readingOf(this.#model.clocks.of(before.clock), index)
    const heard = { stored: this.#model.recordOf(stored), since }
    const world = this.#changed(before, index, { todo: undefined, isCurrent: true })
    return this.#feed(world, index, `lost ${stored}`, () => ({ type: 'lost', heard }))
  }

  #unread(before: World, index: number): World | Violation {
    const { heard } = this.#knowsOf(this.#runners[index]!)
    return this.#feed(this.#done(before, index), index, 'unwritten unread', () => unwritten(true, heard))
  }

  #ofReadBack(index: number, runner: Runner, writtenId: number): void {
    const { stored } = this.#world
    const who = nameOf(index)
    const written = this.#model.recordOf(writtenId)!
    const now = this.#model.recordOf(stored)
    const since = this.#model.readingOf(this.#clock, index)
    const isOwn = now?.writer.runner === who && now.writer.write === written.writer.write
    if (isOwn) {
      const current = this.#changed(this.#with({}), index, { isCurrent: true })
      return this.#add(`${who} reads what it wrote`, this.#written(current, index, stored, since))
    }
    if (!runner.isCurrent) return this.#add(`${who} reads what another wrote`, this.#lost(this.#with({}), index))
    const heard = { stored: now, since }
    return this.#add(
      `${who} reads that it wrote nothing`,
      this.#feed(this.#done(this.#with({}), index), index, `unwritten ${stored}`, () => unwritten(false, heard)),
    )
  }

  // --- keys, asks, pauses ---

  #ofMakeKey(index: number, runner: Runner): void {
    const who = nameOf(index)
    const keys = runner.keys + 1
    const world = this.#changed(this.#with({}), index, { keys, todo: undefined })
    const request = this.#model.setting.persist === 'request' ? REQUEST : undefined
    this.#add(
      `${who} makes a key`,
      this.#feed(world, index, 'keyed', () => ({ type: 'keyed', key: `${who}${keys}`, bodyHash: 'bytes', request })),
    )
  }

  #ofAsk(index: number, runner: Runner, since: Reading): void {
    const who = nameOf(index)
    const told = this.#toldOf(this.#knowsOf(runner).record?.key ?? '')
    this.#add(`${who} asks: ${told}`, this.#asked(this.#with({}), index, told, since))
    // Who is to stop waits for no answer.
    const isStopped = this.#knowsOf(runner).stop !== undefined
    const cost = isStopped ? 0 : 1
    if (this.#world.faultsLeft >= cost)
      this.#add(`${who} asks, and gets no answer`, this.#asked(this.#with({}, cost), index, undefined, since))
    if (this.#world.faultsLeft === 0) return
    const slow: Todo = { is: 'slow-ask', told, since, isDue: false }
    this.#add(`${who} asks, and the answer takes long`, this.#changed(this.#with({}, 1), index, { todo: slow }))
  }

  #toldOf(key: string): Told {
    const known = this.#server.memory.find(one => one.key === key)
    if (known?.is === 'executed') return 'executed'
    return known?.is === 'working' ? 'processing' : 'absent'
  }

  #asked(before: World, index: number, told: Told | undefined, since: Reading): World | Violation {
    const key = this.#knowsOf(this.#runners[index]!).record?.key
    const proof = told === 'executed' ? { proof: key } : {}
    const world = this.#changed(before, index, { todo: undefined, ...proof })
    return this.#feed(world, index, `asked ${told} ${textOfReading(since)}`, () => asked(told, since.monotonicMs))
  }

  /** Looks again once the store has changed, or the other's time is up: in between nothing new would be seen. */
  #ofWait(index: number, runner: Runner): void {
    const who = nameOf(index)
    const { record, deadlineMs } = this.#knowsOf(runner)
    const { nowAt, monotonicMs } = this.#model.readingOf(this.#clock, index)
    const until = record !== undefined && isOpen(record) ? (record.lease?.until ?? 0) : 0
    const look = (world: World) => this.#feed(this.#done(world, index), index, 'due', () => ({ type: 'due' }))
    if (!runner.isCurrent || nowAt >= until || monotonicMs >= deadlineMs) return this.#add(`${who} looks again`, look(this.#with({})))
    // Where nobody else moves any more, time passes.
    const othersRest = this.#runners.every(
      (other, at) => at === index || other.state === undefined || other.todo?.is === 'still' || other.todo?.is === 'wait',
    )
    if (othersRest) this.#add(`${who} waits until the lease is over`, look(this.#later(this.#with({}), BEYOND_LEASE_MS)))
    return undefined
  }

  #ofRest(index: number, runner: Runner): void {
    const { does } = this.#model.states.of(runner.state ?? 0)
    if (does.name !== 'resting') return
    const { monotonicMs } = this.#model.readingOf(this.#clock, index)
    const laterMs = Math.max(0, does.untilMs - monotonicMs)
    const world = this.#done(this.#with({}), index)
    this.#add(`${nameOf(index)} has rested`, this.#feed(world, index, 'due', () => ({ type: 'due' }), laterMs))
  }

  // --- an attempt ---

  #ofAttempt(index: number, runner: Runner): void {
    const { attempt, state } = runner
    if (attempt === undefined || state === undefined) return
    const who = nameOf(index)
    const { knows, does } = this.#model.states.of(state)
    const isOver = does.name !== 'in-flight' || does.flight.isOver
    const free = this.#with({})
    const { phase, send, timedMs, hasFailed } = attempt
    const at = (changes: Partial<typeof attempt>) => this.#changed(free, index, { attempt: { ...attempt, ...changes } })
    switch (phase) {
      case 'bytes':
        this.#add(`${who} makes its request`, at({ phase: 'hooks' }))
        break
      case 'hooks':
        this.#add(`${who} is at the gate`, this.#atGate(at({ phase: 'at-gate', send: send + 1 }), index, send + 1))
        break
      case 'ahead': {
        const event: RunEvent = { type: 'at-byte', send, hop: false, foreignHeads: 0, isAborted: false }
        this.#add(`${who} sends`, this.#feed(free, index, 'at-byte', () => event))
        break
      }
      case 'returning': {
        const failure = hasFailed ? { mistake: undefined, cause: 'failed' } : undefined
        this.#add(`${who} is back`, this.#feed(at({ phase: 'carried' }), index, 'carried', () => ({ type: 'carried', failure })))
        break
      }
      default:
    }
    if (isOver || phase === 'bytes') return
    const { monotonicMs } = this.#model.readingOf(this.#clock, index)
    const timeMs = Math.max(0, Math.min(TIMEOUT_MS, knows.deadlineMs - timedMs))
    const isDue = monotonicMs >= timedMs + timeMs
    if (!isDue && this.#world.faultsLeft === 0) return
    const due = isDue ? free : this.#later(this.#with({}, 1), TIMEOUT_MS)
    this.#add(`${who} has no time left`, this.#feed(due, index, 'overdue', () => ({ type: 'overdue' })))
  }

  #atGate(world: World, index: number, send: number): World | Violation {
    const { record } = this.#knowsOf(this.#runners[index]!)
    const keeps =
      this.#model.setting.persist === 'request' &&
      record !== undefined &&
      isOpen(record) &&
      !(record.request !== undefined && record.sent > 0)
    const request = keeps ? REQUEST : undefined
    return this.#feed(world, index, 'at-gate', () => ({
      type: 'at-gate',
      send,
      foreignHeads: 0,
      isAborted: false,
      request,
    }))
  }

  // --- the server and the network ---

  #ofServer(): void {
    for (const message of this.#server.air) {
      if (message.answer === undefined) this.#ofRequest(message)
      else this.#ofAnswer(message, message.answer)
    }
    for (const one of this.#server.memory) {
      if (one.is !== 'working') continue
      const others = this.#server.memory.filter(other => other !== one)
      const { effects } = this.#server
      this.#add(
        `the server has done ${one.key}`,
        this.#executed(this.#with({}), { effects, memory: [...others, { ...one, is: 'executed' }] }, one),
      )
      this.#add(`the server gives ${one.key} up`, this.#withServer(this.#with({}), { memory: others }))
    }
  }

  #executed(world: World, changes: Partial<Server>, { key, line }: { readonly key: string; readonly line: string }): World | Violation {
    const effects = [...this.#server.effects, `${line}/${key}`].toSorted()
    const memory = changes.memory === undefined ? this.#server.memory : sorted(changes.memory)
    const next = this.#withServer(world, { ...changes, memory, effects })
    return this.#promises.ofEffects(this.#model.servers.of(next.server)) ?? next
  }

  #ofRequest(message: Message): void {
    const { faultsLeft } = this.#world
    const { key, line, by } = message
    const { keys } = this.#model.setting
    const { at } = this.#clock
    const { memory, air } = this.#server
    const others = air.filter(other => other !== message)
    const runner = this.#runners[by]!
    const isAwaited = runner.attempt?.phase === 'in-the-air' && numberOf(runner) === message.send
    const isLive = isAwaited || runner.state !== undefined
    const answered = (answer: AnswerName) => (isLive ? sortedAir([...others, { ...message, answer }]) : others)
    const known = keys ? memory.find(one => one.key === key && at < one.at + RETENTION_MS) : undefined
    const remembered = (is: 'executed' | 'working') => {
      // Without keys the server goes on with what it is at, whatever comes.
      if (!keys && memory.some(one => one.key === key && one.is === 'working')) return memory
      return sorted([...memory.filter(one => one.key !== key), { key, line, is, at }])
    }
    const label = (what: string) => `${key} of ${nameOf(by)} arrives: ${what}`
    if (known !== undefined) {
      const answer = ({ executed: '200', working: '202', sealed: '400' } as const)[known.is]
      this.#add(label(known.is), this.#withServer(this.#with({}), { air: answered(answer) }))
    } else {
      this.#add(
        label('executed'),
        this.#executed(this.#with({}), { air: answered('200'), memory: remembered('executed') }, message),
      )
      if (isLive) this.#add(label('refused'), this.#withServer(this.#with({}), { air: answered('400') }))
      if (faultsLeft > 0) {
        const working = { air: answered('202'), memory: remembered('working') }
        this.#add(label('the server sets to work'), this.#withServer(this.#with({}, 1), working))
      }
      if (isLive && faultsLeft > 0)
        this.#add(label('the server is busy'), this.#withServer(this.#with({}, 1), { air: answered('429') }))
    }
    if (!isAwaited || faultsLeft === 0) return
    const lost = this.#withServer(this.#with({}, 1), { air: others })
    this.#add(`${key} of ${nameOf(by)} is lost on its way`, this.#observed(lost, by, 'reset'))
    this.#add(`${key} of ${nameOf(by)} finds no server`, this.#observed(lost, by, 'unreachable'))
  }

  #ofAnswer(message: Message, answer: AnswerName): void {
    const { by, key, generation } = message
    const runner = this.#runners[by]!
    const air = this.#server.air.filter(other => other !== message)
    const world = this.#withServer(this.#with({}), { air })
    const isAwaited = runner.attempt?.phase === 'in-the-air' && numberOf(runner) === message.send
    if (isAwaited) {
      this.#add(`${nameOf(by)} gets ${answer}`, this.#observed(world, by, answer))
      if (this.#world.faultsLeft === 0) return
      const lost = this.#withServer(this.#with({}, 1), { air })
      this.#add(`the answer to ${nameOf(by)} is lost`, this.#observed(lost, by, 'reset'))
      return
    }
    const isOfNow = this.#knowsOf(runner).record?.key === key
    const proven = answer === '200' && isOfNow ? this.#changed(world, by, { proof: key }) : world
    this.#add(
      `${nameOf(by)} gets ${answer} late`,
      this.#feed(proven, by, `late ${answer} ${key}`, () => lateAnswer(answer, key, generation)),
    )
  }

  #observed(world: World, index: number, name: EvidenceName): World | Violation {
    const runner = this.#model.runners.of(world.runners[index]!)
    const { attempt } = runner
    const hasFailed = name === 'reset' || name === 'unreachable'
    const returning = attempt && { ...attempt, phase: 'returning' as const, hasFailed }
    const proof = name === '200' ? { proof: this.#knowsOf(runner).record?.key } : {}
    const next = this.#withRunner(world, index, { ...runner, attempt: returning, ...proof })
    return this.#feed(next, index, `observed ${name}`, () => observed(name))
  }

  // --- faults of the clock and of the operator ---

  #ofClock(): void {
    if (this.#runners.every(({ state }) => state === undefined)) return
    for (const [label, ms] of PASSES) this.#add(label, this.#later(this.#with({}, 1), ms))
    const { wall, mono, at } = this.#clock
    for (const [index, runner] of this.#runners.entries()) {
      if (runner.state === undefined) continue
      const with_ = (changes: Partial<Clock>) => {
        const clock = this.#model.clocks.idOf({ at, wall, mono, ...changes })
        return { ...this.#with({}, 1), clock }
      }
      this.#add(`${nameOf(index)}'s clock is set back`, with_({ wall: shifted(wall, index, -SET_BACK_MS) }))
      this.#add(
        `${nameOf(index)} sleeps for more than a lease`,
        with_({ at: at + BEYOND_LEASE_MS, mono: shifted(mono, index, -BEYOND_LEASE_MS) }),
      )
    }
  }

  #ofOperator(): void {
    const stored = this.#model.recordOf(this.#world.stored)
    if (stored === undefined || stored.key === '') return
    this.#forgets(stored)
    this.#concludes(stored)
  }

  #forgets(stored: OperationRecord): void {
    const { tombstone } = this.#model.subject
    const { nowAt } = this.#model.readingOf(this.#clock, 0)
    const left = { ...tombstone(stored, nowAt), writer: OPERATOR }
    const dropped = [...new Set([...this.#server.dropped, lineOf(stored)])].toSorted()
    const world = this.#stored(this.#withServer(this.#with({}, 1), { dropped }), undefined, left)
    this.#add('the operator forgets it elsewhere', world)
    if ('rule' in world) return
    const stop: RunEvent = { type: 'stop', request: 'forgotten' }
    for (const [index, runner] of this.#runners.entries()) {
      if (runner.state === undefined || runner.todo?.is === 'still') continue
      this.#add(`the operator forgets it beside ${nameOf(index)}`, this.#feed(world, index, 'forgotten', () => stop))
    }
  }

  /** What the operator says is true: what was not executed is never executed from then on. */
  #concludes(stored: OperationRecord): void {
    const { transition } = this.#model.subject
    const { nowAt } = this.#model.readingOf(this.#clock, 0)
    const { key } = stored
    const isExecuted = this.#server.effects.some(effect => effect.endsWith(`/${key}`))
    const told = isExecuted
      ? { kind: 'executed' as const, result: undefined }
      : { kind: 'not-executed' as const, failure: { code: 'rejected' as const, reason: 'the operator says so' } }
    if (!isExecuted && !this.#mayBeRuledOut(stored)) return
    const after = transition(stored, { kind: 'learn', told }, nowAt)
    if (after === stored) return
    const line = lineOf(stored)
    const seal = { key, line, is: 'sealed' as const, at: this.#clock.at + 10 * RETENTION_MS }
    const memory = isExecuted ? this.#server.memory : sorted([...this.#server.memory.filter(one => one.key !== key), seal])
    const world = this.#stored(this.#withServer(this.#with({}, 1), { memory }), undefined, { ...after, writer: OPERATOR })
    const what = isExecuted ? 'it was executed' : 'it was not executed'
    this.#add(`the operator says elsewhere that ${what}`, world)
    if ('rule' in world) return
    for (const [index, runner] of this.#runners.entries()) {
      if (runner.state === undefined || runner.todo?.is === 'still') continue
      const next = this.#feed(world, index, 'nudged', () => ({ type: 'nudged' }))
      this.#add(`the operator says beside ${nameOf(index)} that ${what}`, next)
    }
  }

  /** A server with keys refuses the key from then on; of another one nobody can say so while something may be on its way. */
  #mayBeRuledOut(stored: OperationRecord): boolean {
    if (stored.state === 'failed') return false
    const isAtWork = this.#server.memory.some(({ key, is }) => key === stored.key && is !== 'executed')
    if (this.#model.setting.keys) return !isAtWork
    return !isAtWork && this.#server.air.length === 0 && this.#runners.every(({ attempt }) => attempt === undefined)
  }
}

const REQUEST = { url: 'https://shop.test/orders', headers: {}, body: 'e30=' }
const OPERATOR = { runner: 'operator', write: 1 }

/** Of the send that is in the air: it is told from all others of its process. */
export function numberOf({ calls, sends, attempt }: Runner): number {
  return calls * 100 + sends * 10 + (attempt?.send ?? 0)
}

function shifted(offsets: readonly number[], index: number, ms: number): readonly number[] {
  return offsets.map((offset, at) => (at === index ? offset + ms : offset))
}

function sorted<Keyed extends { readonly key: string }>(values: readonly Keyed[]): readonly Keyed[] {
  return values.toSorted((one, other) => (one.key < other.key ? -1 : 1))
}

function sortedAir(air: readonly Message[]): readonly Message[] {
  return air.toSorted((one, other) => one.by - other.by || one.send - other.send)
}
