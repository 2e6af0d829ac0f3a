import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Batch, Measured } from './batch.ts'
import type { Surroundings } from './contestants/contestant.ts'
import type { ContestantName } from './contestants/contestants.ts'
import { MISSING } from './figure.ts'
import { childOf } from './ref.ts'
import type { Entrant } from './turns.ts'

/** One contestant in a process of its own. */
export interface Worker {
  run(batch: Batch): Promise<Measured | typeof MISSING>
  close(): Promise<void>
}

/**
 * A process each: in one process, what one contestant leaves to be collected, and the types that it brings to the
 * functions they share (fetch, Headers, promises), are paid by the next.
 */
export async function startWorker(
  { name, ref }: Entrant<ContestantName>,
  { network, baseUrl }: Pick<Surroundings, 'network' | 'baseUrl'>,
): Promise<Worker> {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-bench-'))
  const surroundings: Surroundings = { network, baseUrl, folder }
  const child = fork(childOf('worker.ts', ref), [name, JSON.stringify(surroundings)], { execArgv: [] })
  const isMissing = (await answerOf(child, name)) === MISSING
  return {
    async run(batch) {
      if (isMissing) return MISSING
      child.send(batch)
      return (await answerOf(child, name)) as Measured
    },
    async close() {
      if (child.connected) {
        child.send('close')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true })
    },
  }
}

/** Its next message; a process that ends instead ends the bench. */
function answerOf(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${name}: its process ended.`))
    child.once('exit', ended)
    child.once('message', message => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}
