import { expect, test } from 'vitest'
import type { PendingRecord } from '../../src/core/record/operation-record.ts'
import type { Command } from '../../src/core/run/run-commands.ts'
import { beginning, step } from '../../src/core/run/machine.ts'
import { fullBudget } from '../../src/core/run/retry-budget.ts'
import type { Now, ObservedSend, RunEvent } from '../../src/core/run/run-events.ts'
import type { RunPolicy } from '../../src/core/run/run-policy.ts'
import { START, answer, json, pendingRecord, plainProfile } from './samples.ts'

/* The http layer comes to the gate twice at once in one attempt. The model check found each of these (test/model). */

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
  longestKey: 255,
  persist: 'key',
  hasStatus: false,
  wantsData: false,
  hasHook: false,
  absentAfterMs: undefined,
  longestResult: 1_000,
}

function at(ms: number): Now {
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

function atGate(send: number): RunEvent {
  return { type: 'at-gate', send, foreignHeads: 0, isAborted: false, request: undefined }
}

function refusal(): ObservedSend {
  return {
    type: 'observed',
    evidence: answer(400, json({ message: 'no' })),
    foreignHeads: 0,
    context: { sameBytes: true, conditional: false, unseenCopies: false, acceptsHtml: false },
    isDeliveredOnce: true,
    wantsText: false,
    hook: undefined,
    mistake: undefined,
    poll: undefined,
    ownMonitor: undefined,
    resourceUrl: undefined,
    retryAfterMs: undefined,
    serverOffsetMs: undefined,
  }
}

/** A run that is under way, and what it was last told to do. */
function run() {
  let state = beginning(120_000)
  let last: readonly Command[] = []
  const take = (event: RunEvent, ms = 0) => {
    ;[state, last] = step(state, event, at(ms), policy)
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

const atByte = { type: 'at-byte', send: 1, hop: false, foreignHeads: 0, isAborted: false } as const

test('one that is refused at the byte leaves the write of the other under way', () => {
  const { take, written, state } = run()
  take(atGate(1))
  written()()
  take(atGate(2))
  const acknowledge = written()
  take({ type: 'stop', request: 'aborted' })
  take(atByte)

  acknowledge()

  expect(state().does.name).not.toBe('ended')
})

test('one that is refused at the gate gives the one behind it its turn', () => {
  const { take, written, done } = run()
  take(atGate(1))
  const acknowledge = written(60_001)
  take(atGate(2))
  take(atGate(3))

  acknowledge()

  expect(done().filter(({ do: what }) => what === 'refuse')).toEqual([
    { do: 'refuse', send: 2, reason: 'claim-lost' },
    { do: 'refuse', send: 3, reason: 'claim-lost' },
  ])
})

test('a refusal of the first says nothing of the generation that another runner began before the second', () => {
  const { take, written, done, state } = run()
  take(atGate(1))
  written()()
  take(atByte)
  take(atGate(2))
  const next: PendingRecord = pendingRecord({
    generation: 2,
    key: 'key-2',
    line: 'key-1',
    attempts: 1,
    inFlight: { runner: 'tab-2', at: START },
    lease: { runner: 'tab-2', until: START + 60_000 },
    writer: { runner: 'tab-2', write: 1 },
  })
  take({ type: 'lost', heard: { stored: next, since: { nowAt: START, monotonicMs: 0 } } })

  take(refusal())
  take({ type: 'carried', failure: undefined })
  take({ type: 'landed', foreignHeads: 0, failure: undefined })

  expect(done().filter(({ do: what }) => what === 'write')).toEqual([])
  expect(state().knows.record).toMatchObject({ key: 'key-2', state: 'pending' })
})
