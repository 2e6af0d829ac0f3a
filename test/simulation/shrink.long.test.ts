import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

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
