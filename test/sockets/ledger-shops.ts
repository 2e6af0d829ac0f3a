import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { tempFolder } from '../stores/temp-folder.ts'
import { unusedPort } from './server.ts'

const script = fileURLToPath(new URL('children/ledger-shop.ts', import.meta.url))

/** A shop in a process of its own that honours keys, and remembers them where it is killed and started again. */
export type LedgerShop = {
  readonly origin: string
  readonly start: () => Promise<void>
  /** By SIGKILL: what is in the air gets no answer, and later connections are refused. */
  readonly kill: () => Promise<void>
  /** The key of each execution. */
  readonly executions: () => readonly string[]
}

export async function ledgerShop(): Promise<LedgerShop> {
  const port = await unusedPort()
  const ledger = join(tempFolder(), 'ledger')
  let end: () => Promise<void> = async () => {}
  onTestFinished(() => end())
  return {
    origin: `http://127.0.0.1:${port}`,
    start: async () => {
      const child = fork(script, [String(port), ledger])
      const exited = once(child, 'exit')
      end = async () => {
        child.kill('SIGKILL')
        await exited
      }
      await once(child, 'message')
    },
    kill: () => end(),
    executions: () => (existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n') : []),
  }
}
