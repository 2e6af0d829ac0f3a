import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { ServerKind } from './plan.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { PLANTED_SERVER_BUGS } from './planted-server-bugs.ts'

/* The checker itself: a bug that is planted in the source is found within 1,000 histories. */

async function seedsThatFind(name: string, server: ServerKind): Promise<readonly string[]> {
  const script = fileURLToPath(new URL('simulate.ts', import.meta.url))
  const options = ['--planted', name, '--server', server, '--histories', '1000', '--seed', '1', '--json']
  const run = promisify(execFile)(process.execPath, [script, ...options])
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  const { broken } = JSON.parse(stdout) as { broken: Readonly<Record<string, readonly string[]>> }
  return Object.keys(broken)
}

for (const { name } of PLANTED_BUGS) {
  test.concurrent(`${name} is found`, { timeout: 60_000 }, async () => {
    expect(await seedsThatFind(name, 'model')).toHaveLength(1)
  })
}

for (const { name } of PLANTED_SERVER_BUGS) {
  test.concurrent(`${name} is found in stillonce/server`, { timeout: 60_000 }, async () => {
    expect(await seedsThatFind(name, 'stillonce')).toHaveLength(1)
  })
}

test('a broken history is cut down, and the command that is printed shows it again', async () => {
  const bug = 'absence taken for proof'
  const options = ['--planted', bug, '--histories', '1000', '--seed', '1', '--shrink']
  const found = await printedBy(options)
  const [, seed = '', replay = ''] =
    /^replay: npm run simulate -- --histories 1 --seed (\d+) (.*)$/m.exec(found) ?? []
  expect(replay).toBe(`--planted '${bug}' --shrink`)
  const again = await printedBy(['--planted', bug, '--histories', '1', '--seed', seed, '--shrink'])
  expect(tableIn(again)).toBe(tableIn(found))
  expect(tableIn(found)).toContain('not executed is true')
  // What has nothing to do with it is gone.
  expect(tableIn(found).match(/is told: /g)).toHaveLength(1)
}, 60_000)

async function printedBy(options: readonly string[]): Promise<string> {
  const script = fileURLToPath(new URL('simulate.ts', import.meta.url))
  const run = promisify(execFile)(process.execPath, [script, ...options])
  return (await run.catch((error: { stdout: string }) => error)).stdout
}

/** The history as it is printed, without what is said of the batch. */
function tableIn(printed: string): string {
  return printed.slice(0, printed.indexOf('replay: '))
}
