import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Told } from './check.ts'

/** What `npm run model` reports, for tests: in a process of its own, at the speed of plain Node. */
export async function walked(...options: readonly string[]): Promise<readonly Told[]> {
  const script = fileURLToPath(new URL('check.ts', import.meta.url))
  const run = promisify(execFile)(process.execPath, [script, ...options, '--json'], { maxBuffer: 2 ** 26 })
  // What is broken is in the report; the exit code says nothing more.
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as readonly Told[]
}
