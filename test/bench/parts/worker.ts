import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../../fleet/harness/postgres-server.ts'
import type { WorkedOff } from '../children/open.ts'
import type { Figure } from '../figure.ts'
import { aimed, figureOf, MISSING } from '../figure.ts'
import { fillPostgres, fillSqlite } from '../open-records.ts'
import type { Part } from '../part.ts'
import { childOf } from '../ref.ts'
import { toldBy } from '../told.ts'

export type WorkerSizes = {
  readonly stores: readonly ('sqlite' | 'postgres')[]
  readonly rounds: number
  readonly few: number
  readonly many: number
  readonly open: number
  /** How long a worker goes on with `open` of them, ms. */
  readonly heldMs: number
}

const FULL: WorkerSizes = {
  stores: ['sqlite', 'postgres'],
  rounds: 5,
  few: 100,
  many: 10_000,
  open: 1_000_000,
  heldMs: 30_000,
}

const LONGEST_MS = 600_000

/**
 * As docs/workers.md starts it in a container: left to itself, Node lets garbage lie as long as the machine has memory, and
 * what compiles hot code beside the program takes 30 to 45 MB more.
 */
const SMALL_HEAP = [
  '--expose-gc',
  '--max-old-space-size=40',
  '--max-semi-space-size=1',
  '--no-concurrent-recompilation',
]

export function workerPart(sizes: WorkerSizes = FULL): Part {
  const { stores, rounds, few, many, open, heldMs } = sizes
  const [fewOpen, manyOpen, allOpen] = [few, many, open].map(count => count.toLocaleString('en'))
  return {
    title: `A worker on ${fewOpen}, ${manyOpen} and ${allOpen} open operations`,
    how:
      `Wall time until a worker has sent all, for each, with its defaults; half of them are one customer's. A fresh process each ` +
      `time, ${rounds} rounds in turns; a server within the process that answers at once. Memory: what is in use, collected, and ` +
      `the most that a process had (RSS, with ${SMALL_HEAP.slice(1).join(' ')}) in its first ${heldMs / 1_000} s with ${allOpen} open.`,
    async measure() {
      const figures: Figure[] = []
      for (const store of stores) {
        const server = store === 'postgres' ? await startPostgres() : undefined
        const folder = mkdtempSync(join(tmpdir(), 'stillonce-worker-'))
        let files = 0
        const worked = async (
          count: number,
          longestMs: number,
          execArgv: readonly string[] = [],
        ): Promise<WorkedOff> => {
          const place = server?.url ?? join(folder, `${(files += 1)}.db`)
          await (server === undefined ? fillSqlite(place, count) : fillPostgres(place, count))
          const told = await toldBy<WorkedOff>(
            childOf('open.ts', undefined),
            [store, place, String(count), String(longestMs)],
            execArgv,
          )
          if (told === MISSING) throw new Error('this checkout has no worker')
          return told
        }
        try {
          const each = { few: [] as number[], many: [] as number[] }
          for (let round = 0; round < rounds; round += 1)
            for (const [size, count] of [
              ['few', few],
              ['many', many],
            ] as const) {
              const { takenUp, tookMs } = await worked(count, LONGEST_MS)
              if (takenUp < count) throw new Error(`${takenUp} of ${count} were taken up`)
              each[size].push((tookMs * 1_000) / count)
            }
          const { rssBytes, keptBytes, takenUp } = await worked(open, heldMs, SMALL_HEAP)
          if (takenUp === 0) throw new Error(`none of ${open} was taken up`)
          const [here, there] = [{ here: each.many }, { here: each.few }]
          figures.push(
            figureOf(`${store}, ${fewOpen} open: each`, 'us', there),
            figureOf(`${store}, ${manyOpen} open: each`, 'us', here, {
              to: `${fewOpen} open`,
              measured: there,
              goal: { of: 'ratio', is: 'at most', limit: 2 },
            }),
            figureOf(`${store}, ${allOpen} open: kept`, 'bytes', { here: [keptBytes] }),
            aimed(figureOf(`${store}, ${allOpen} open: memory`, 'bytes', { here: [rssBytes] }), {
              of: 'measured',
              is: 'below',
              limit: 150_000_000,
            }),
          )
        } finally {
          await server?.stop()
          rmSync(folder, { recursive: true })
        }
      }
      return figures
    },
  }
}
