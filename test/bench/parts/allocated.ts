import { tmpdir } from 'node:os'
import type { Surroundings } from '../contestants/contestant.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import type { Goal } from '../figure.ts'
import { aimed, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import { childOf } from '../ref.ts'
import { WITHOUT_NETWORK } from '../rounds.ts'
import { toldBy } from '../told.ts'
import { entrantsOf, takeTurns } from '../turns.ts'

const CONTESTANTS = [
  'fetch',
  'ky',
  'stillonce, plain fetch',
  'stillonce, ky',
] as const satisfies readonly ContestantName[]

const GOALS: Partial<Record<ContestantName, Goal>> = {
  'stillonce, plain fetch': { of: 'measured', is: 'at most', limit: 30_000 },
}

export type AllocatedRounds = { readonly rounds: number; readonly warmUp: number; readonly calls: number }

/** Past the 10,000 facts that the memory store keeps by default, so that it drops the oldest all the time. */
const FULL: AllocatedRounds = { rounds: 5, warmUp: 11_000, calls: 500 }

export function allocatedPart({ rounds, warmUp, calls }: AllocatedRounds = FULL): Part {
  return {
    title: 'Bytes that a call allocates',
    how:
      'What V8’s heap grows by, the network removed, memory store, while its young generation is so large that nothing ' +
      `is collected. A fresh process each, ${rounds} rounds of ${calls} calls in turns, after ${warmUp} to warm up.`,
    async measure(ref) {
      const allocated = await takeTurns(entrantsOf(CONTESTANTS, ref), rounds, entrant => {
        const surroundings: Surroundings = { ...WITHOUT_NETWORK, folder: tmpdir() }
        return toldBy<number>(
          childOf('allocated.ts', entrant.ref),
          [entrant.name, JSON.stringify(surroundings), String(warmUp), String(calls)],
          // MiB, of each half.
          ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'],
        )
      })
      return CONTESTANTS.map(name =>
        aimed(figureOf(name, 'bytes', allocated[name], { to: 'ky', measured: allocated.ky }), GOALS[name]),
      )
    },
  }
}
