import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ASK_FAULTS, SEND_FAULTS } from './sim-network.ts'
import { STORE_FAULTS } from './sim-store.ts'

/* In processes of their own: two at once, and at the speed of plain Node. The seeds are fixed; other ones are for `npm run simulate`. */

type Report = {
  readonly histories: number
  readonly broken: Readonly<Record<string, readonly string[]>>
  readonly counts: Readonly<Record<string, number>>
}

async function simulate(...options: readonly string[]): Promise<Report> {
  const script = fileURLToPath(new URL('simulate.ts', import.meta.url))
  const run = promisify(execFile)(process.execPath, [script, ...options, '--json'])
  // Broken histories are in the report; the exit code says nothing more.
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report
}

const FAULTS = [
  ...SEND_FAULTS,
  ...ASK_FAULTS,
  ...STORE_FAULTS,
  'abort ignored',
  'crash before send',
  'crash after send',
  'crash after answer',
  'crash before store set begin',
  'crash after store set begin',
  'crash after store set succeeded',
  'freeze after store set begin',
  'freeze after answer',
  'server: replay',
  'server: key forgotten',
  'server: status lags',
  'server: sealed',
  'server: asked for a key in progress',
  'server: declined, stored',
  'server: declined, not stored',
  'server: failed after its effect',
  'event: taken-over',
  'event: claim-lost',
]

test('10,000 histories keep every promise, and every kind of fault strikes in them', async () => {
  const reports = await Promise.all([
    simulate('--histories', '5000', '--seed', '1'),
    simulate('--histories', '5000', '--seed', '1000001'),
  ])
  for (const report of reports) expect(report.broken).toEqual({})
  const struck = (kind: string) => reports.reduce((sum, { counts }) => sum + (counts[kind] ?? 0), 0)
  expect(FAULTS.filter(kind => struck(kind) < 10)).toEqual([])
}, 240_000)

test('200 histories through ky keep every promise', async () => {
  const report = await simulate('--histories', '200', '--seed', '5000001', '--via', 'ky')
  expect(report).toMatchObject({ histories: 200, broken: {} })
}, 60_000)
