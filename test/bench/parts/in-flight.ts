import { tmpdir } from 'node:os'
import type { Surroundings } from '../contestants/contestant.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import type { Both, Goal } from '../figure.ts'
import { aimed, each, figureOf, type MISSING } from '../figure.ts'
import type { Part } from '../part.ts'
import { childOf } from '../ref.ts'
import { WITHOUT_NETWORK } from '../rounds.ts'
import { toldBy } from '../told.ts'
import type { Entrant } from '../turns.ts'
import { entrantsOf, takeTurns } from '../turns.ts'

const CONTESTANTS = [
  'ky',
  'stillonce, plain fetch',
  'stillonce, ky',
] as const satisfies readonly ContestantName[]

type Name = (typeof CONTESTANTS)[number]
type Told = { readonly cpuUs: number; readonly heldBytes: number }

export type Counts = { readonly few: number; readonly many: number; readonly rounds: number }

export function inFlightPart(
  { few, many, rounds }: Counts = { few: 10_000, many: 100_000, rounds: 2 },
): Part {
  const fewText = few.toLocaleString('en')
  const manyText = many.toLocaleString('en')
  return {
    title: `${manyText} operations in flight`,
    how:
      'All begun in one turn of the event loop, the network replaced by one that never answers, each count in a fresh ' +
      `process, ${rounds} rounds in turns. Time is CPU until all have been sent; bytes are what is held then, after a collection.`,
    async measure(ref) {
      const entrants = entrantsOf(CONTESTANTS, ref)
      const among = {
        few: await takeTurns(entrants, rounds, entrant => inFlight(entrant, few)),
        many: await takeTurns(entrants, rounds, entrant => inFlight(entrant, many)),
      }
      const cpu = (told: Both<Told>) => each(told, ({ cpuUs }) => cpuUs)
      const held = (name: Name) => each(among.many[name], ({ heldBytes }) => heldBytes)
      return [
        figureOf('held by each: ky', 'bytes', held('ky')),
        aimed(figureOf('held by each: stillonce, plain fetch', 'bytes', held('stillonce, plain fetch')), {
          of: 'measured',
          is: 'at most',
          limit: 6_000,
        }),
        figureOf('held by each: stillonce, ky', 'bytes', held('stillonce, ky'), {
          to: 'ky',
          measured: held('ky'),
          goal: { of: 'ratio', is: 'at most', limit: 1.5 },
        }),
        // Linear: each of many costs what each of few does, but for the collector, which has more to look through.
        ...CONTESTANTS.map(name =>
          figureOf(`CPU of each: ${name}`, 'us CPU', cpu(among.many[name]), {
            to: `with ${fewText}`,
            measured: cpu(among.few[name]),
            goal: name === 'ky' ? undefined : LINEAR,
          }),
        ),
      ]
    },
  }
}

/** Quadratic would be 10x. */
const LINEAR: Goal = { of: 'ratio', is: 'at most', limit: 1.5 }

function inFlight({ name, ref }: Entrant<Name>, count: number): Promise<Told | typeof MISSING> {
  const surroundings: Surroundings = { ...WITHOUT_NETWORK, folder: tmpdir(), timeoutMs: 600_000 }
  return toldBy(
    childOf('in-flight.ts', ref),
    [name, JSON.stringify(surroundings), String(count)],
    ['--expose-gc'],
  )
}
