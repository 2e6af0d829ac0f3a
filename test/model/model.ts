import type { OperationRecord, Target } from '../../src/core/record/operation-record.ts'
import { fullBudget } from '../../src/core/run/retry-budget.ts'
import type { Now } from '../../src/core/run/run-events.ts'
import type { RunPolicy } from '../../src/core/run/run-policy.ts'
import type { RunState } from '../../src/core/run/run-state.ts'
import { plainProfile } from '../core/samples.ts'
import { Canon, Interned } from './interned.ts'
import type { Setting } from './setting.ts'
import { RETENTION_MS, START_AT, START_MS, TIMEOUT_MS } from './setting.ts'
import type { Subject } from './subject.ts'
import type { Attempt, Clock, Reading, Runner, Server, Stored, Todo } from './world.ts'

export const TARGET: Target = {
  method: 'POST',
  origin: 'https://shop.test',
  path: '/orders',
  queryHash: '',
  profile: 'plain',
  carriage: 'idempotency-key raw',
  account: '',
}

/** Everything that a walk through one setting knows by number. */
export class Model {
  readonly setting: Setting
  readonly subject: Subject
  readonly records: Interned<Stored>
  readonly states: Interned<RunState>
  readonly runners = new Interned<Runner>(textOfRunner)
  readonly servers = new Interned<Server>(textOfServer)
  readonly clocks = new Interned<Clock>(({ at, wall, mono }) => `${at} ${wall.join()} ${mono.join()}`)
  readonly #policies = new Map<string, RunPolicy>()
  readonly #nows = new Map<string, Now>()

  constructor(setting: Setting, subject: Subject) {
    const canon = new Canon()
    this.setting = setting
    this.subject = subject
    this.records = new Interned(record => canon.textOf(record))
    this.states = new Interned(({ knows, does }) => `${canon.textOf(knows)} ${canon.textOf(does)}`)
    // The record of number 0 is none.
    this.records.idOf(undefined)
  }

  policyOf(index: number, begun: Reading): RunPolicy {
    const name = `${index} ${begun.monotonicMs}`
    const known = this.#policies.get(name)
    if (known !== undefined) return known
    const { setting } = this
    const mode = setting.modes[index] ?? 'run'
    const profile = plainProfile({ honoursKeys: setting.keys, retention: RETENTION_MS })
    const policy: RunPolicy = {
      mode,
      identity: { scope: 'user-7', name: 'place-order', id: 'cart-42' },
      runner: nameOf(index),
      holder: undefined,
      payload: mode === 'ask' ? undefined : { fingerprint: this.fingerprintOf(index), target: TARGET, origin: TARGET.origin },
      startedMs: begun.monotonicMs,
      timeoutMs: TIMEOUT_MS,
      pollDeadlineMs: 600_000,
      rememberMs: RETENTION_MS,
      retentionMs: RETENTION_MS,
      attempts: setting.sends,
      backoff: { base: 2, cap: 2 },
      pollInterval: { min: 1, max: 1 },
      profile,
      carriage: TARGET.carriage ?? '',
      honoursKeys: setting.keys,
      comparesBytes: false,
      longestKey: 255,
      persist: setting.persist,
      hasStatus: setting.status,
      wantsData: false,
      hasHook: false,
      absentAfterMs: undefined,
      longestResult: 1_000,
    }
    this.#policies.set(name, policy)
    return policy
  }

  fingerprintOf(index: number): string {
    return this.setting.payloads === 'others' && index > 0 ? 'other' : 'same'
  }

  readingOf(clock: Clock, index: number): Reading {
    return {
      nowAt: START_AT + clock.at + clock.wall[index]!,
      monotonicMs: START_MS + clock.at + clock.mono[index]!,
    }
  }

  /** `laterMs`: a timer that fires a moment later. */
  nowOf(clockId: number, index: number, begun: Reading, laterMs = 0): Now {
    const name = `${clockId} ${index} ${begun.nowAt} ${begun.monotonicMs} ${laterMs}`
    const known = this.#nows.get(name)
    if (known !== undefined) return known
    const { nowAt: wall, monotonicMs } = this.readingOf(this.clocks.of(clockId), index)
    const wallAt = wall + laterMs
    const ms = monotonicMs + laterMs
    const nowAt = Math.max(wallAt, begun.nowAt + ms - begun.monotonicMs)
    const now: Now = {
      wallAt,
      ms,
      nowAt,
      clocks: { nowAt, readingAt: wallAt },
      online: true,
      isSameScope: true,
      account: '',
      budget: fullBudget(ms),
      random: 0.5,
      serverAt: undefined,
      isSeen: false,
      isGone: () => false,
    }
    this.#nows.set(name, now)
    return now
  }

  recordOf(id: number): Stored {
    return this.records.of(id)
  }

  idOf(record: OperationRecord | undefined): number {
    return this.records.idOf(record)
  }
}

const NAMES = ['a', 'b', 'c', 'd']

export function nameOf(index: number): string {
  return NAMES[index] ?? `r${index}`
}

export const IDLE: Runner = {
  calls: 0,
  state: undefined,
  begun: { nowAt: 0, monotonicMs: 0 },
  isCurrent: false,
  todo: undefined,
  attempt: undefined,
  ahead: undefined,
  proof: undefined,
  sends: 0,
  asks: 0,
  rests: 0,
  writes: 0,
  keys: 0,
}

function textOfRunner(runner: Runner): string {
  const { calls, state, begun, isCurrent, todo, attempt, ahead, proof, sends, asks, rests, writes, keys } = runner
  if (state === undefined) return `${calls} ${writes} ${keys}`
  return `${calls} ${state} ${begun.nowAt} ${begun.monotonicMs} ${isCurrent} ${textOfTodo(todo)} ${textOfAttempt(attempt)} ${ahead} ${proof} ${sends} ${asks} ${rests} ${writes} ${keys}`
}

function textOfTodo(todo: Todo | undefined): string {
  if (todo === undefined) return '-'
  switch (todo.is) {
    case 'read':
    case 'ask':
      return `${todo.is} ${textOfReading(todo.since)}`
    case 'write':
      return `write ${todo.record} ${textOfReading(todo.since)}`
    case 'slow-read':
      return `slow-read ${todo.stored} ${textOfReading(todo.since)} ${todo.isDue}`
    case 'slow-write':
      return `slow-write ${todo.written} ${textOfReading(todo.since)} ${todo.isDue}`
    case 'slow-ask':
      return `slow-ask ${todo.told} ${textOfReading(todo.since)} ${todo.isDue}`
    case 'read-back':
      return `read-back ${todo.written}`
    case 'make-key':
    case 'compare-bytes':
    case 'wait':
    case 'rest':
    case 'still':
      return todo.is
    default:
      return todo satisfies never
  }
}

export function textOfReading({ nowAt, monotonicMs }: Reading): string {
  return `${nowAt - START_AT}/${monotonicMs - START_MS}`
}

function textOfAttempt(attempt: Attempt | undefined): string {
  return attempt === undefined
    ? '-'
    : `${attempt.phase} ${attempt.send} ${attempt.timedMs - START_MS} ${attempt.hasFailed}`
}

function textOfServer({ effects, memory, air, firstSent, dropped }: Server): string {
  return [
    effects.join(),
    memory.map(({ key, is, at }) => `${key}=${is}@${at}`).join(),
    air.map(({ by, send, key, answer }) => `${by}.${send}:${key}:${answer ?? ''}`).join(),
    firstSent.map(({ key, at }) => `${key}@${at}`).join(),
    dropped.join(),
  ].join(' ')
}
