import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { ServerKind } from './plan.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { PLANTED_EDGE_BUGS } from './planted-edge-bugs.ts'
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

for (const { name } of [...PLANTED_BUGS, ...PLANTED_EDGE_BUGS]) {
  test.concurrent(`${name} is found`, { timeout: 600_000 }, async () => {
    expect(await seedsThatFind(name, 'model')).toHaveLength(1)
  })
}

for (const { name } of PLANTED_SERVER_BUGS) {
  test.concurrent(`${name} is found in stillonce/server`, { timeout: 600_000 }, async () => {
    expect(await seedsThatFind(name, 'stillonce')).toHaveLength(1)
  })
}
