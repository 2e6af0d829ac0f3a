import { tmpdir } from 'node:os'
import type { Surroundings } from '../contestants/contestant.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import type { Figure, Part } from '../figure.ts'
import { figureOf } from '../figure.ts'
import { toldBy } from '../told.ts'

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
    async measure(): Promise<Figure[]> {
      const told = new Map<string, Told[]>()
      for (let round = 0; round < rounds; round += 1) {
        for (const name of CONTESTANTS) {
          for (const count of [few, many]) {
            const id = `${name} ${count}`
            told.set(id, [...(told.get(id) ?? []), await inFlight(name, count)])
          }
        }
      }
      const cpu = (name: Name, count: number) => (told.get(`${name} ${count}`) ?? []).map(each => each.cpuUs)
      const held = (name: Name) => (told.get(`${name} ${many}`) ?? []).map(each => each.heldBytes)
      return [
        figureOf('held by each: ky', 'bytes', held('ky')),
        {
          ...figureOf('held by each: stillonce, plain fetch', 'bytes', held('stillonce, plain fetch')),
          goal: { of: 'measured', is: 'at most', limit: 4_000 },
        },
        figureOf('held by each: stillonce, ky', 'bytes', held('stillonce, ky'), {
          to: 'ky',
          measured: held('ky'),
          goal: { of: 'ratio', is: 'at most', limit: 1.5 },
        }),
        // Linear: each of many costs what each of few does, but for the collector, which has more to look through.
        ...CONTESTANTS.map(name =>
          figureOf(`CPU of each: ${name}`, 'us CPU', cpu(name, many), {
            to: `with ${fewText}`,
            measured: cpu(name, few),
            goal: name === 'ky' ? undefined : { of: 'ratio', is: 'at most', limit: LINEAR },
          }),
        ),
      ]
    },
  }
}

/** Quadratic would be 10x. */
const LINEAR = 1.5

function inFlight(name: Name, count: number): Promise<Told> {
  const surroundings: Surroundings = {
    baseUrl: 'http://shop.test/',
    network: 'none',
    folder: tmpdir(),
    timeoutMs: 600_000,
  }
  return toldBy(
    new URL('../children/in-flight.ts', import.meta.url),
    [name, JSON.stringify(surroundings), String(count)],
    ['--expose-gc'],
  )
}
