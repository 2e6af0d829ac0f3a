import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

type Report = {
  readonly histories: number
  readonly broken: Readonly<Record<string, readonly string[]>>
  readonly counts: Readonly<Record<string, number>>
}

/** What `npm run simulate:parts` reports, in a process of its own: its world replaces timers and IndexedDB. */
export async function simulated(...options: readonly string[]): Promise<Report> {
  const script = fileURLToPath(new URL('simulate.ts', import.meta.url))
  // Broken histories are in the report; the exit code says nothing more.
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...options, '--json']).catch(
    (error: { stdout: string }) => error,
  )
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report
}
