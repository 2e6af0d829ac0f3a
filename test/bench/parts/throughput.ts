import type { ContestantName } from '../contestants/contestants.ts'
import type { Figure, Goal, Part } from '../figure.ts'
import { figureOf } from '../figure.ts'
import type { Rounds } from '../rounds.ts'
import { inTurns } from '../rounds.ts'
import { withServer } from '../server.ts'

const CONTESTANTS = [
  'stillonce, ky',
  'stillonce, ky, sqlite',
  'stillonce, plain fetch',
  'stillonce, plain fetch, sqlite',
] as const satisfies readonly ContestantName[]

const PAIRS = [
  ['stillonce, ky, sqlite', 'stillonce, ky'],
  ['stillonce, plain fetch, sqlite', 'stillonce, plain fetch'],
] as const

const GOAL: Goal = { of: 'ratio', is: 'at least', limit: 0.8 }
const FULL: Rounds = { rounds: 11, calls: 1_500, warmUp: 3_000, atATime: 64 }

export function throughputPart(rounds: Rounds = FULL): Part {
  return {
    title: `Throughput, ${rounds.atATime} at a time`,
    how:
      'The sqlite store as it is by default, every key durable on disk before it is sent, beside the memory store. ' +
      `${rounds.rounds} batches of ${rounds.calls} calls in turns.`,
    async measure() {
      const loopback = await withServer(baseUrl => figures(rounds, 'loopback', baseUrl))
      return [...loopback, ...(await figures(rounds, 'none', 'http://shop.test/'))]
    },
  }
}

async function figures(rounds: Rounds, network: 'none' | 'loopback', baseUrl: string): Promise<Figure[]> {
  const measured = await inTurns(CONTESTANTS, { network, baseUrl }, rounds)
  const perSecond = (name: (typeof CONTESTANTS)[number]) => measured[name].map(each => each.perSecond)
  const place = network === 'none' ? 'the network removed' : 'over loopback'
  return PAIRS.flatMap(([sqlite, memory]) => [
    figureOf(`${memory}, memory, ${place}`, '/s', perSecond(memory)),
    figureOf(`${sqlite}, ${place}`, '/s', perSecond(sqlite), {
      to: 'memory',
      measured: perSecond(memory),
      goal: GOAL,
    }),
  ])
}
