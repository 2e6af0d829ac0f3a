import type { Batch, Measured } from './batch.ts'
import type { Surroundings } from './contestants/contestant.ts'
import type { ContestantName } from './contestants/contestants.ts'
import { startWorker } from './worker.ts'

export type Rounds = Batch & { readonly rounds: number; readonly warmUp: number }

/**
 * Lets the contestants take turns, one batch each a round, so that what else the machine does meets all of them;
 * every other round goes backwards, so that none always comes after the same one.
 */
export async function inTurns<Name extends ContestantName>(
  names: readonly Name[],
  where: Pick<Surroundings, 'network' | 'baseUrl'>,
  { rounds, warmUp, ...batch }: Rounds,
): Promise<Record<Name, readonly Measured[]>> {
  const workers = await Promise.all(names.map(async name => [name, await startWorker(name, where)] as const))
  const measured = Object.fromEntries(names.map(name => [name, [] as Measured[]])) as Record<Name, Measured[]>
  try {
    for (const [, worker] of workers) await worker.run({ ...batch, calls: warmUp })
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? workers : workers.toReversed()
      for (const [name, worker] of order) measured[name].push(await worker.run(batch))
    }
  } finally {
    await Promise.all(workers.map(([, worker]) => worker.close()))
  }
  return measured
}
