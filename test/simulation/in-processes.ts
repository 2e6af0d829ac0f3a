import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { COMPILED } from '../compiled.ts'
import type { Batch } from './batch.ts'
import type { Report } from './report.ts'
import type { Told } from './worker.ts'

/** Long enough to pay for its way, short enough for all processes to end together. */
const PORTION = 250

/**
 * The histories of one batch in portions, in so many processes at once. A process lives to the end: most of its first
 * seconds go to loading the source and to making it fast, which are paid once.
 */
export async function inProcesses(
  batch: Batch,
  via: 'direct' | 'ky',
  jobs: number,
): Promise<readonly Report[]> {
  const { first, histories } = batch
  const size = Math.min(PORTION, Math.ceil(histories / jobs))
  const portions = Array.from({ length: Math.ceil(histories / size) }, (_, index) => first + index * size)
  const reports: Report[] = []
  const worker = async (): Promise<void> => {
    const run = portionsIn(via)
    for (let from = portions.shift(); from !== undefined; from = portions.shift())
      reports.push(
        await run.portion({ ...batch, first: from, histories: Math.min(size, first + histories - from) }),
      )
    run.end()
  }
  await Promise.all(Array.from({ length: Math.min(jobs, portions.length) }, worker))
  return reports
}

function portionsIn(via: string) {
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [via], {
    // Types are stripped, and code is compiled, by the first process that ever needs them.
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env },
  })
  const crashed = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the simulation ended with ${code}`)
  })
  // It is looked at with each portion; after the last one a process ends as it should.
  crashed.catch(() => {})
  return {
    async portion(batch: Batch): Promise<Report> {
      const answer = once(child, 'message') as Promise<[Told]>
      child.send(batch)
      const [told] = await Promise.race([answer, crashed])
      if ('error' in told) throw new Error(told.error)
      return told.report
    },
    end: () => child.disconnect(),
  }
}
