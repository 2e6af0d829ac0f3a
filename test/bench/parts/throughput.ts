import type { ContestantName } from '../contestants/contestants.ts'
import type { Figure, Goal } from '../figure.ts'
import { each, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import type { Course, Rounds } from '../rounds.ts'
import { inTurns, WITHOUT_NETWORK } from '../rounds.ts'
import { withServer } from '../server.ts'

const CONTESTANTS = [
  'stillonce, ky',
  'stillonce, ky, sqlite',
  'stillonce, plain fetch',
  'stillonce, plain fetch, sqlite',
  'the least, on the bare driver of SQLite',
] as const satisfies readonly ContestantName[]

const PAIRS = [
  ['stillonce, ky, sqlite', 'stillonce, ky'],
  ['stillonce, plain fetch, sqlite', 'stillonce, plain fetch'],
] as const

const BARE = 'the least, on the bare driver of SQLite'
const GOAL: Goal = { of: 'ratio', is: 'at least', limit: 0.75 }
const FULL: Rounds = { rounds: 11, calls: 1_500, warmUp: 3_000, atATime: 64 }

export function throughputPart(rounds: Rounds = FULL): Part {
  return {
    title: `Throughput, ${rounds.atATime} at a time`,
    how:
      'The sqlite store as it is by default, every key durable on disk before it is sent, beside the memory store, and ' +
      'beside the bare driver with the same two records, all writes of one turn in one synced transaction. ' +
      `${rounds.rounds} batches of ${rounds.calls} calls in turns.`,
    async measure(ref) {
      const loopback = await withServer(baseUrl => figures(rounds, { network: 'loopback', baseUrl, ref }))
      return [...loopback, ...(await figures(rounds, { ...WITHOUT_NETWORK, ref }))]
    },
  }
}

async function figures(rounds: Rounds, course: Course): Promise<Figure[]> {
  const measured = await inTurns(CONTESTANTS, course, rounds)
  const perSecond = (name: (typeof CONTESTANTS)[number]) => each(measured[name], batch => batch.perSecond)
  const place = course.network === 'none' ? 'the network removed' : 'over loopback'
  return PAIRS.flatMap(([sqlite, memory]) => [
    figureOf(`${memory}, memory, ${place}`, '/s', perSecond(memory)),
    figureOf(`${sqlite}, ${place}`, '/s', perSecond(sqlite), {
      to: 'memory',
      measured: perSecond(memory),
    }),
  ]).concat(
    figureOf(`${BARE}, ${place}`, '/s', perSecond(BARE)),
    figureOf(`stillonce, plain fetch, sqlite, ${place}`, '/s', perSecond('stillonce, plain fetch, sqlite'), {
      to: 'the bare driver',
      measured: perSecond(BARE),
      goal: GOAL,
    }),
  )
}
