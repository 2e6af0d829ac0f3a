import { expect, test } from 'vitest'
import { faultsOf } from './faults.ts'
import { ENQUEUED_OVER } from './outbox.ts'
import type { ServerKind } from './plan.ts'
import { RUN_ENDS } from './run-endpoint.ts'
import { simulated } from './simulated.ts'

async function expectKept(server: ServerKind, seed: string): Promise<void> {
  const { histories, broken, counts } = await simulated(
    '--histories',
    '10000',
    '--seed',
    seed,
    '--server',
    server,
  )
  expect({ histories, broken }).toEqual({ histories: 10_000, broken: {} })
  const kinds = faultsOf(server)
  // The worlds at the edges leave less room for the faults of every world: the rarest strikes twice in these seeds.
  expect(kinds.filter(kind => (counts[kind] ?? 0) === 0)).toEqual([])
  const ends = server === 'stillonce' ? RUN_ENDS : []
  expect(ends.filter(end => (counts[`run: ${end}`] ?? 0) === 0)).toEqual([])
  const over = server === 'stillonce' ? ENQUEUED_OVER : []
  expect(over.filter(what => (counts[`outbox: ${what}`] ?? 0) === 0)).toEqual([])
  const faults = kinds.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0)
  expect(faults / histories).toBeGreaterThan(10)
}

test('10,000 histories keep every promise, and every kind of fault strikes in them', async () => {
  await expectKept('model', '1')
}, 900_000)

test('10,000 histories against stillonce/server, which crashes too, keep every promise', async () => {
  await expectKept('stillonce', '1')
}, 900_000)

test('1,000 histories through ky keep every promise', async () => {
  const report = await simulated('--histories', '1000', '--seed', '5000001', '--via', 'ky')
  expect(report).toMatchObject({ histories: 1000, broken: {} })
}, 300_000)
