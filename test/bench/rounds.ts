import type { Batch, Measured } from './batch.ts'
import type { Surroundings } from './contestants/contestant.ts'
import type { ContestantName } from './contestants/contestants.ts'
import type { Both, MISSING } from './figure.ts'
import type { Ref } from './ref.ts'
import { entrantsOf, takeTurns } from './turns.ts'
import type { Worker } from './worker.ts'
import { startWorker } from './worker.ts'

export type Rounds = Batch & { readonly rounds: number; readonly warmUp: number }

/** Where the contestants meet, and what this package is held against. */
export type Course = Pick<Surroundings, 'network' | 'baseUrl'> & { readonly ref: Ref | undefined }

export const WITHOUT_NETWORK = { network: 'none', baseUrl: 'http://shop.test/' } as const

/** One batch of each contestant a round, each in a process of its own. */
export function inTurns<Name extends ContestantName>(
  names: readonly Name[],
  course: Course,
  { rounds, warmUp, ...batch }: Rounds,
): Promise<Record<Name, Both<Measured>>> {
  return workersInTurns(names, course, { ...batch, calls: warmUp }, rounds, worker => worker.run(batch))
}

/** One sample of each contestant's process a round, after a batch to warm up. */
export async function workersInTurns<Name extends ContestantName, Sample>(
  names: readonly Name[],
  { ref, ...where }: Course,
  warmUp: Batch,
  rounds: number,
  sample: (worker: Worker) => Promise<Sample | typeof MISSING>,
): Promise<Record<Name, Both<Sample>>> {
  const entrants = entrantsOf(names, ref)
  const started = entrants.map(async entrant => [entrant, await startWorker(entrant, where)] as const)
  const workers = new Map(await Promise.all(started))
  try {
    for (const worker of workers.values()) await worker.run(warmUp)
    return await takeTurns(entrants, rounds, entrant => sample(workers.get(entrant)!))
  } finally {
    await Promise.all([...workers.values()].map(worker => worker.close()))
  }
}
