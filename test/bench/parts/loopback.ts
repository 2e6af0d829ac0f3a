import type { ContestantName } from '../contestants/contestants.ts'
import type { Goal } from '../figure.ts'
import { each, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import type { Rounds } from '../rounds.ts'
import { inTurns } from '../rounds.ts'
import { withServer } from '../server.ts'

const CONTESTANTS = [
  'fetch',
  'p-retry + fetch',
  'idempotent-fetch',
  'stripe-node',
  'ky',
  'axios + axios-retry',
  'stillonce, plain fetch',
  'stillonce, ky',
  'stillonce, undici',
] as const satisfies readonly ContestantName[]

const GOALS: Partial<Record<ContestantName, Goal>> = {
  'stillonce, ky': { of: 'ratio', is: 'at most', limit: 1.08 },
  'stillonce, plain fetch': { of: 'ratio', is: 'at most', limit: 0.88 },
  'stillonce, undici': { of: 'ratio', is: 'at most', limit: 0.88 },
}
const FULL: Rounds = { rounds: 20, calls: 250, warmUp: 1_500, atATime: 1 }

export function loopbackPart(rounds: Rounds = FULL): Part {
  return {
    title: 'One call after another over loopback',
    how:
      'The same call to a server of node:http in another process; axios and stripe-node send by node:http, as they ' +
      `do in Node, the others by fetch. ${rounds.rounds} batches of ${rounds.calls} calls in turns.`,
    async measure(ref) {
      const measured = await withServer(baseUrl =>
        inTurns(CONTESTANTS, { network: 'loopback', baseUrl, ref }, rounds),
      )
      const cpu = (name: (typeof CONTESTANTS)[number]) => each(measured[name], ({ cpuUs }) => cpuUs)
      const p50 = (name: (typeof CONTESTANTS)[number]) => each(measured[name], ({ p50Us }) => p50Us)
      return [
        ...CONTESTANTS.map(name =>
          figureOf(`p50: ${name}`, 'us', p50(name), { to: 'ky', measured: p50('ky'), goal: GOALS[name] }),
        ),
        ...CONTESTANTS.map(name =>
          figureOf(`CPU: ${name}`, 'us CPU', cpu(name), { to: 'ky', measured: cpu('ky') }),
        ),
      ]
    },
  }
}
