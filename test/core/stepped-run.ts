import type { Command } from '../../src/core/run/run-commands.ts'
import { beginning, step } from '../../src/core/run/machine.ts'
import { fullBudget } from '../../src/core/run/retry-budget.ts'
import type { Now, ObservedSend, RunEvent } from '../../src/core/run/run-events.ts'
import type { RunPolicy } from '../../src/core/run/run-policy.ts'
import { START, answer, emptyBody, json, pendingRecord, plainProfile } from './samples.ts'

/* The machine of a run, taken through its events by hand. */

const target = pendingRecord().target

const policy: RunPolicy = {
  mode: 'run',
  identity: { scope: 'user-7', name: 'place-order', id: 'cart-42' },
  runner: 'tab-1',
  holder: undefined,
  payload: { fingerprint: 'f1', target, origin: target.origin },
  startedMs: 0,
  timeoutMs: 30_000,
  pollDeadlineMs: 600_000,
  rememberMs: 86_400_000,
  retentionMs: 86_400_000,
  attempts: 2,
  backoff: { base: 250, cap: 8_000 },
  pollInterval: { min: 500, max: 5_000 },
  profile: plainProfile(),
  carriage: 'idempotency-key raw',
  honoursKeys: true,
  comparesBytes: false,
  keyShape: { maxLength: 255 },
  persist: 'key',
  keepResponseHeaders: [],
  hasStatus: false,
  wantsData: false,
  hasHook: false,
  absentAfterMs: undefined,
  longestResult: 1_000,
}

export function at(ms: number): Now {
  return {
    wallAt: START + ms,
    ms,
    nowAt: START + ms,
    clocks: { nowAt: START + ms },
    online: true,
    isSameScope: true,
    account: '',
    budget: fullBudget(0),
    random: 0.5,
    serverAt: undefined,
    isSeen: false,
    isGone: () => false,
  }
}

export function atGate(send: number, foreignHeads = 0): RunEvent {
  return { type: 'at-gate', send, foreignHeads, isAborted: false, request: undefined }
}

/** A 400 of the server's. */
export function refusal(foreignHeads = 0): ObservedSend {
  return answered(400, json({ message: 'no' }), foreignHeads)
}

export function answered(status: number, body = emptyBody, foreignHeads = 0): ObservedSend {
  return {
    type: 'observed',
    evidence: answer(status, body),
    foreignHeads,
    context: { sameBytes: true, conditional: false, unseenCopies: false, acceptsHtml: false },
    isDeliveredOnce: true,
    wantsText: false,
    hook: undefined,
    mistake: undefined,
    poll: undefined,
    ownMonitor: undefined,
    resourceUrl: undefined,
    foreign: undefined,
    retryAfterMs: undefined,
    serverOffsetMs: undefined,
  }
}

/** A run with a key that is not stored yet, and what it was last told to do. */
export function steppedRun(changes: Partial<RunPolicy> = {}) {
  let state = beginning(120_000)
  let last: readonly Command[] = []
  const take = (event: RunEvent, ms = 0) => {
    ;[state, last] = step(state, event, at(ms), { ...policy, ...changes })
  }
  const written = (ms = 0) => {
    const command = last.find(({ do: what }) => what === 'write')
    if (command?.do !== 'write') throw new Error('nothing is written')
    const record = { ...command.record, writer: { runner: 'tab-1', write: 1 } }
    const heard = { stored: record, since: { nowAt: START, monotonicMs: 0 } }
    return () => take({ type: 'written', record, heard }, ms)
  }
  take({ type: 'begun' })
  take({ type: 'read', heard: { stored: undefined, since: { nowAt: START, monotonicMs: 0 } } })
  take({ type: 'keyed', key: 'key-1', bodyHash: 'b1', request: undefined })
  return { take, written, done: () => last, state: () => state }
}

export const atByte = { type: 'at-byte', send: 1, hop: false, foreignHeads: 0, isAborted: false } as const
