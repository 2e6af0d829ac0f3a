import type { OperationRecord, Target } from '../../src/core/record/operation-record.ts'
import type { Budget } from '../../src/core/run/retry-budget.ts'
import { fullBudget } from '../../src/core/run/retry-budget.ts'
import type { Now } from '../../src/core/run/run-events.ts'
import type { RunPolicy } from '../../src/core/run/run-policy.ts'
import type { RunState } from '../../src/core/run/run-state.ts'
import { plainProfile } from '../core/samples.ts'
import { Canon, Interned } from './interned.ts'
import type { Setting } from './setting.ts'
import {
  ABSENT_AFTER_MS,
  LONG_PAUSE_MS,
  REMEMBER_MS,
  RETENTION_MS,
  SHORT_PAUSE_MS,
  START_AT,
  START_MS,
  TIMEOUT_MS,
} from './setting.ts'
import type { Subject } from './subject.ts'
import { textOfCircumstances, textOfRunner, textOfServer } from './texts.ts'
import type { Circumstances, Reading, Runner, Server, Stored, World } from './world.ts'

const TARGET: Target = {
  method: 'POST',
  origin: 'https://shop.test',
  path: '/orders',
  queryHash: '',
  profile: 'plain',
  carriage: 'idempotency-key raw',
  account: 'own',
}

const IDENTITY = { scope: 'user-7', name: 'place-order', id: 'cart-42' }

/** Everything that a walk through one setting knows by number. */
export class Model {
  readonly setting: Setting
  readonly subject: Subject
  readonly records: Interned<Stored>
  readonly states: Interned<RunState>
  readonly runners = new Interned<Runner>(textOfRunner)
  readonly servers = new Interned<Server>(textOfServer)
  readonly circumstances = new Interned<Circumstances>(textOfCircumstances)
  readonly #policies = new Map<string, RunPolicy>()
  readonly #nows = new Map<string, Now>()
  readonly #made = new Map<string, number>()
  readonly #outdated: number[] = []

  constructor(setting: Setting, subject: Subject) {
    const canon = new Canon()
    this.setting = setting
    this.subject = subject
    this.records = new Interned(record => canon.numberOf(record))
    this.states = new Interned(state => canon.numberOf(state))
    // The record of number 0 is none.
    this.records.idOf(undefined)
  }

  first(): World {
    const { modes, faults } = this.setting
    const none = modes.map(() => 0)
    const idle = this.runners.idOf(IDLE)
    return {
      runners: modes.map(() => idle),
      stored: 0,
      server: this.servers.idOf({ effects: [], memory: [], air: [], firstSent: [], dropped: [] }),
      circumstances: this.circumstances.idOf({
        at: 0,
        wall: none,
        mono: none,
        odd: modes.map(() => 'nothing'),
      }),
      faultsLeft: faults,
    }
  }

  policyOf(index: number, begun: Reading): RunPolicy {
    const name = `${index} ${begun.monotonicMs}`
    const policy = this.#policies.get(name) ?? this.#newPolicy(index, begun)
    this.#policies.set(name, policy)
    return policy
  }

  #newPolicy(index: number, begun: Reading): RunPolicy {
    const { modes, keys, status, persist, sends } = this.setting
    const mode = modes[index] ?? 'run'
    const pauseMs = status === 'absence' ? LONG_PAUSE_MS : SHORT_PAUSE_MS
    return {
      mode,
      identity: IDENTITY,
      runner: nameOf(index),
      holder: undefined,
      payload:
        mode === 'ask'
          ? undefined
          : { fingerprint: this.fingerprintOf(index), target: TARGET, origin: TARGET.origin },
      startedMs: begun.monotonicMs,
      timeoutMs: TIMEOUT_MS,
      pollDeadlineMs: 600_000,
      rememberMs: REMEMBER_MS,
      retentionMs: RETENTION_MS,
      attempts: sends,
      // With a chance of one half half of it.
      backoff: { base: 2 * SHORT_PAUSE_MS, cap: 2 * SHORT_PAUSE_MS },
      pollInterval: { min: pauseMs, max: pauseMs },
      profile: plainProfile({ honoursKeys: keys, retention: RETENTION_MS }),
      carriage: TARGET.carriage ?? '',
      honoursKeys: keys,
      comparesBytes: true,
      keyShape: { maxLength: 255 },
      persist,
      keepResponseHeaders: [],
      hasStatus: status === 'status' || status === 'absence',
      wantsData: false,
      hasHook: false,
      absentAfterMs: status === 'absence' ? ABSENT_AFTER_MS : undefined,
      longestResult: 1_000,
    }
  }

  fingerprintOf(index: number): string {
    return this.setting.payloads === 'others' && index > 0 ? 'other' : 'same'
  }

  readingOf(circumstances: number, index: number): Reading {
    const { at, wall, mono } = this.circumstances.of(circumstances)
    return { nowAt: START_AT + at + wall[index]!, monotonicMs: START_MS + at + mono[index]! }
  }

  /** `laterMs`: a timer that fires a moment later. */
  nowOf(circumstances: number, index: number, begun: Reading, laterMs: number): Now {
    const name = `${circumstances} ${index} ${begun.nowAt} ${begun.monotonicMs} ${laterMs}`
    const now = this.#nows.get(name) ?? this.#newNow(circumstances, index, begun, laterMs)
    this.#nows.set(name, now)
    return now
  }

  #newNow(circumstances: number, index: number, begun: Reading, laterMs: number): Now {
    const reading = this.readingOf(circumstances, index)
    const odd = this.circumstances.of(circumstances).odd[index]
    const wallAt = reading.nowAt + laterMs
    const ms = reading.monotonicMs + laterMs
    const nowAt = Math.max(wallAt, begun.nowAt + ms - begun.monotonicMs)
    return {
      wallAt,
      ms,
      nowAt,
      clocks: { nowAt, readingAt: wallAt },
      online: odd !== 'offline',
      isSameScope: odd !== 'another user',
      account: odd === 'another account' ? 'another' : TARGET.account,
      budget: this.setting.budget === 'full' ? fullBudget(ms) : emptyBudget(ms),
      random: 0.5,
      serverAt: undefined,
      isSeen: false,
      isGone: () => false,
    }
  }

  /** The number of a record that is made of others; `name` tells which. */
  recordBy(name: string, make: () => OperationRecord): number {
    const id = this.#made.get(name) ?? this.records.idOf(make())
    this.#made.set(name, id)
    return id
  }

  /** The same runner after somebody else wrote. */
  outdated(runnerId: number): number {
    this.#outdated[runnerId] ??= this.#toOutdated(runnerId)
    return this.#outdated[runnerId]
  }

  #toOutdated(runnerId: number): number {
    const runner = this.runners.of(runnerId)
    return runner.sight === 'current' ? this.runners.idOf({ ...runner, sight: 'old' }) : runnerId
  }
}

function emptyBudget(ms: number): Budget {
  return { retries: 0, asks: 0, failedAsksInARow: 3, failedSendsInARow: 0, slowdowns: 0, trickledAt: ms }
}

const NAMES = ['a', 'b', 'c', 'd']

export function nameOf(index: number): string {
  return NAMES[index] ?? `r${index}`
}

/** A process that was not called yet. */
export const IDLE: Runner = {
  calls: 0,
  state: undefined,
  begun: { nowAt: 0, monotonicMs: 0 },
  sight: 'none',
  todo: undefined,
  attempt: undefined,
  first: undefined,
  proof: undefined,
  hasFailed: false,
  hasOtherBytes: false,
  sends: 0,
  asks: 0,
  rests: 0,
  writes: 0,
  keys: 0,
}
