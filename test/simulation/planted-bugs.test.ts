import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { PLANTED_BUGS } from './planted-bugs.ts'

/* The checker itself: a bug that is planted in the source is found within 1,000 histories. */

for (const { name } of PLANTED_BUGS) {
  test.concurrent(`${name} is found`, { timeout: 60_000 }, async () => {
    const script = fileURLToPath(new URL('simulate.ts', import.meta.url))
    const options = ['--planted', name, '--histories', '1000', '--seed', '1', '--json']
    const run = promisify(execFile)(process.execPath, [script, ...options])
    const { stdout } = await run.catch((error: { stdout: string }) => error)
    const { broken } = JSON.parse(stdout) as { broken: Readonly<Record<string, readonly string[]>> }
    expect(Object.keys(broken)).toHaveLength(1)
  })
}
