import { expect, test } from 'vitest'
import { isHealthy, type Vitals } from '../../src/worker/core/worker-health.ts'

const well: Vitals = {
  state: 'running',
  begunMs: 0,
  lookedMs: 100_000,
  wentOnMs: 100_000,
  mayTakeMs: 0,
  unhealthyAfterMs: 60_000,
}

test.each<[string, Partial<Vitals>, number, number, boolean]>([
  ['one that looks', {}, 0, 100_010, true],
  ['one that has just begun', { lookedMs: undefined, wentOnMs: 0 }, 0, 60_000, true],
  ['one that has never looked since', { lookedMs: undefined, wentOnMs: 0 }, 0, 60_001, false],
  ['one whose places are all taken for a while', { wentOnMs: 160_000 }, 0, 200_000, true],
  ['one in which nothing goes on', {}, 0, 160_001, false],
  ['one whose places wait for a server that is silent', { mayTakeMs: 90_000 }, 0, 250_000, true],
  ['one that waits for longer than that', { mayTakeMs: 90_000 }, 0, 250_001, false],
  ['one whose store has failed for a moment', { wentOnMs: 160_000 }, 3, 160_000, true],
  [
    'one whose store has failed for long, while what it holds goes on',
    { wentOnMs: 161_000 },
    9,
    161_000,
    false,
  ],
  ['one whose store has never answered', { lookedMs: undefined, wentOnMs: 61_000 }, 9, 61_000, false],
  ['one that is stopping', { state: 'stopping' }, 0, 100_010, true],
  ['one that has stopped', { state: 'stopped' }, 0, 100_010, false],
])('%s', (_, changes, storeFailures, nowMs, healthy) => {
  expect(isHealthy({ ...well, ...changes }, { storeFailures }, nowMs)).toBe(healthy)
})
