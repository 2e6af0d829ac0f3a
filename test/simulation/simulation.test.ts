import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Report } from './batch.ts'
import { faultsOf } from './faults.ts'
import type { ServerKind } from './plan.ts'

/* In processes of their own: as many as there are processors, and at the speed of plain Node. The seeds are fixed; other ones are for `npm run simulate`. */

async function simulate(...options: readonly string[]): Promise<Report> {
  const script = fileURLToPath(new URL('simulate.ts', import.meta.url))
  const run = promisify(execFile)(process.execPath, [script, ...options, '--json'], { maxBuffer: 2 ** 26 })
  // Broken histories are in the report; the exit code says nothing more.
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report
}

async function expectKept(server: ServerKind, seed: string): Promise<void> {
  const { histories, broken, counts } = await simulate(
    '--histories',
    '10000',
    '--seed',
    seed,
    '--server',
    server,
  )
  expect({ histories, broken }).toEqual({ histories: 10_000, broken: {} })
  const kinds = faultsOf(server)
  expect(kinds.filter(kind => (counts[kind] ?? 0) < 10)).toEqual([])
  const faults = kinds.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0)
  expect(faults / histories).toBeGreaterThan(10)
}

test('10,000 histories keep every promise, and every kind of fault strikes in them', async () => {
  await expectKept('model', '1')
}, 240_000)

test('10,000 histories against stillonce/server, which crashes too, keep every promise', async () => {
  await expectKept('stillonce', '1')
}, 240_000)

test('1,000 histories through ky keep every promise', async () => {
  const report = await simulate('--histories', '1000', '--seed', '5000001', '--via', 'ky')
  expect(report).toMatchObject({ histories: 1000, broken: {} })
}, 120_000)
