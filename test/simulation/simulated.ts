import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Report } from './report.ts'

/**
 * What `npm run simulate` reports, for tests: in processes of their own, as many as there are processors, and at the
 * speed of plain Node. The seeds of tests are fixed; other ones are for the command.
 */
export async function simulated(...options: readonly string[]): Promise<Report> {
  const script = fileURLToPath(new URL('simulate.ts', import.meta.url))
  const run = promisify(execFile)(process.execPath, [script, ...options, '--json'], { maxBuffer: 2 ** 26 })
  // Broken histories are in the report; the exit code says nothing more.
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report
}
