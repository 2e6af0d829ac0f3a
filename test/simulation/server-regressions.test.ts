import { expect, test } from 'vitest'
import { runHistory } from './history.ts'
import type { HistoryResult } from './history.ts'
import type { Plan } from './plan.ts'
import { planOf } from './plan.ts'
import type { ServerScript } from './real-servers.ts'
import type { ServersPlan } from './servers-plan.ts'
import type { StoreFault } from './sim-store.ts'
import { loadSubject } from './subject.ts'

/* Histories of a client and stillonce/server together that broke a promise once, distilled. */

/** One server process, one client, a store that works: what strikes is in the script. */
function quiet(servers: Partial<ServersPlan>, script: ServerScript): Plan {
  const plan = planOf(1, 'stillonce')
  return {
    ...plan,
    manner: { ...plan.manner, statusLagMs: 0, seals: true, hasDate: false },
    environment: 'node',
    persist: 'key',
    ignoresAbort: false,
    longHoldMs: 60_000,
    storeLatencyMs: 0,
    rates: { send: 0, ask: 0, store: 0, strike: 0 },
    clocks: [{ offsetMs: 0, drift: 0 }],
    actions: [{ at: 0, slot: 0, kind: 'run', op: 'a', item: 'book', ms: 0 }],
    healedAt: 90_000,
    hasWildClock: false,
    servers: {
      resumable: 'no',
      inProgress: 409,
      waitMs: 0,
      leaseMs: 8_000,
      timeoutMs: 4_000,
      stores: 'all answers',
      ends: [],
      endRate: 0,
      storeFaults: [],
      storeRate: 0,
      storeLatencyMs: 0,
      strikeRate: 0,
      clocks: [{ offsetMs: 0, drift: 0 }],
      actions: [],
      ...servers,
    },
    outbox: undefined,
    script: { servers: script },
  }
}

async function history(servers: Partial<ServersPlan>, script: ServerScript): Promise<HistoryResult> {
  return runHistory(quiet(servers, script), { subject: await loadSubject('direct'), recorded: true })
}

function told(result: HistoryResult): readonly string[] {
  return result.lines.filter(({ what }) => what.includes(': told ')).map(({ what }) => what)
}

function effects(result: HistoryResult): number {
  return result.lines.filter(({ what }) => what.startsWith('EFFECT')).length
}

/** The processes are numbered from 1: the operator is the first. */
function writes(from: number, to: number, fault: StoreFault): ServerScript['writes'] {
  return Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [`1:${from + index}`, fault]))
}

test('a success that comes after its time is not undone by the record of its lateness, which is mended later', async () => {
  // At 4 s it is too late, and neither that, nor its first repairs, nor a claim over it can be written; at 5 s it succeeds.
  const result = await history(
    {},
    { ends: ['hangs after'], writes: writes(2, 10, 'store: set fails before')! },
  )
  expect(result.counts.get('server store: set fails before')).toBe(9)
  expect(result.violations).toEqual([])
  expect(told(result).at(-1)).toContain('told executed')
})

test('a run that took over and rolled back does not free the key: the run before has executed', async () => {
  const result = await history(
    { resumable: 'by the fence' },
    { ends: ['throws after', 'rolls back', 'answers'] },
  )
  expect(result.counts.get('server: runs again')).toBe(2)
  expect(effects(result)).toBe(1)
  expect(result.violations).toEqual([])
})

test('a run that took over and refused proves nothing: the run before executes after all', async () => {
  const result = await history(
    { resumable: 'by a derived key' },
    { ends: ['hangs before', 'declines'], hangsMs: 6_000 },
  )
  expect(effects(result)).toBe(1)
  expect(result.violations).toEqual([])
  expect(told(result).at(-1)).toContain('run: told executed')
})

test('who was told that it is in progress sends again when the status tells nothing more, and is taken over', async () => {
  const result = await history(
    { resumable: 'by a derived key', leaseMs: 3_000, timeoutMs: 15_000 },
    { ends: ['hangs before'], hangsMs: 8_000, strikes: { '1:before the effect': { kind: 'crash' } } },
  )
  expect(result.counts.get('server crash before the effect')).toBe(1)
  expect(result.violations).toEqual([])
  expect(told(result)[0]).toContain('run: told executed')
})

test('a run that goes on elsewhere is not told as done where requests are told so by a 202', async () => {
  const result = await history({ workBy: 'run', inProgress: 202, timeoutMs: 15_000 }, { takesMs: 9_000 })
  expect(result.counts.get('run: in-progress')).toBeGreaterThan(0)
  expect(effects(result)).toBe(1)
  expect(result.violations).toEqual([])
  expect(told(result).at(-1)).toContain('told executed')
})

test('seed 20320006432: what was refused without proof until its key was too old stays open, although it was enqueued', async () => {
  const plan = quiet({}, {})
  const result = await runHistory(
    {
      ...plan,
      persist: 'request',
      actions: [],
      outbox: {
        enqueuings: [{ at: 0, slot: 0, op: 'a', item: 'book', openMs: 0, ends: 'commits' }],
        workers: [0],
      },
      script: { servers: {}, sends: Array.from({ length: 100 }, () => 'gateway 401 before' as const) },
      healedAt: 1_300_000,
    },
    { subject: await loadSubject('direct'), recorded: true },
  )
  expect(result.violations).toEqual([])
  expect(effects(result)).toBe(0)
  expect(told(result)).toEqual([expect.stringContaining('told unknown (key-expired')])
})
