import type { ContestantName } from '../contestants/contestants.ts'
import type { Both } from '../figure.ts'
import { each, figureOf, MISSING } from '../figure.ts'
import type { Part } from '../part.ts'
import { WITHOUT_NETWORK, workersInTurns } from '../rounds.ts'
import type { Worker } from '../worker.ts'

const CONTESTANTS = [
  'fetch',
  'ky',
  'stillonce, plain fetch',
  'stillonce, ky',
] as const satisfies readonly ContestantName[]

/** CPU of each call, us. */
type Sample = { readonly amongFew: number; readonly amongMany: number }

export type AtOnce = { readonly few: number; readonly many: number; readonly rounds: number }

const FULL: AtOnce = { few: 100, many: 10_000, rounds: 8 }

export function atOncePart({ few, many, rounds }: AtOnce = FULL): Part {
  const fewText = few.toLocaleString('en')
  const manyText = many.toLocaleString('en')
  return {
    title: `CPU of each of ${manyText} calls at once`,
    how:
      `${manyText} calls, all begun before the first is answered, beside as many of which ${fewText} are under way at a ` +
      `time; the network removed, memory store, one warm process for each contestant, ${rounds} rounds in turns.`,
    async measure(ref) {
      const warmUp = { calls: many, atATime: few }
      const sample = async (worker: Worker): Promise<Sample | typeof MISSING> => {
        const amongFew = await worker.run({ calls: many, atATime: few })
        const amongMany = await worker.run({ calls: many, atATime: many })
        if (amongFew === MISSING || amongMany === MISSING) return MISSING
        return { amongFew: amongFew.cpuUs, amongMany: amongMany.cpuUs }
      }
      const told: Record<(typeof CONTESTANTS)[number], Both<Sample>> = await workersInTurns(
        CONTESTANTS,
        { ...WITHOUT_NETWORK, ref },
        warmUp,
        rounds,
        sample,
      )
      return CONTESTANTS.map(name =>
        figureOf(
          name,
          'us CPU',
          each(told[name], ({ amongMany }) => amongMany),
          {
            to: `with ${fewText}`,
            measured: each(told[name], ({ amongFew }) => amongFew),
            goal: name === 'stillonce, plain fetch' ? { of: 'ratio', is: 'at most', limit: 1.8 } : undefined,
          },
        ),
      )
    },
  }
}
