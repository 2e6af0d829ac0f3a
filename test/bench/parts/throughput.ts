import type { ContestantName } from '../contestants/contestants.ts'
import type { Figure } from '../figure.ts'
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
] as const satisfies readonly ContestantName[]

const PAIRS = [
  ['stillonce, ky, sqlite', 'stillonce, ky'],
  ['stillonce, plain fetch, sqlite', 'stillonce, plain fetch'],
] as const

const FULL: Rounds = { rounds: 11, calls: 1_500, warmUp: 3_000, atATime: 64 }

export function throughputPart(rounds: Rounds = FULL): Part {
  return {
    title: `Throughput, ${rounds.atATime} at a time`,
    how:
      'The sqlite store as it is by default, every key durable on disk before it is sent, beside the memory store. ' +
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
  ])
}
