#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { v4 } from 'uuid'
import { probe, USAGE } from '../probe/command.ts'

const LONGEST_ANSWER_MS = 30_000

const [command, ...rest] = process.argv.slice(2)

/** With this timeout, a server that hangs is reported as a server that does not answer. */
const patient: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: AbortSignal.timeout(LONGEST_ANSWER_MS) })

async function main(): Promise<{ readonly code: number; readonly text: string }> {
  if (command !== 'probe') return { code: command === '--help' ? 0 : 1, text: USAGE }
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        method: { type: 'string' },
        body: { type: 'string' },
        header: { type: 'string', multiple: true },
        'key-header': { type: 'string' },
        yes: { type: 'boolean' },
      },
    })
    return await probe({ ...values, url: positionals[0] }, patient, v4)
  } catch (error) {
    return { code: 1, text: `${(error as Error).message}\n\n${USAGE}` }
  }
}

const { code, text } = await main()
process.stdout.write(text)
process.exitCode = code
