import type { ContestantName } from '../contestants/contestants.ts'
import type { Goal, Part } from '../figure.ts'
import { figureOf } from '../figure.ts'
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
] as const satisfies readonly ContestantName[]

const GOAL: Goal = { of: 'ratio', is: 'at most', limit: 1.05 }
const FULL: Rounds = { rounds: 20, calls: 250, warmUp: 1_500, atATime: 1 }

export function loopbackPart(rounds: Rounds = FULL): Part {
  return {
    title: 'One call after another over loopback',
    how:
      'The same call to a server of node:http in another process; axios and stripe-node send by node:http, as they ' +
      `do in Node, the others by fetch. ${rounds.rounds} batches of ${rounds.calls} calls in turns.`,
    async measure() {
      const measured = await withServer(baseUrl =>
        inTurns(CONTESTANTS, { network: 'loopback', baseUrl }, rounds),
      )
      const cpu = (name: (typeof CONTESTANTS)[number]) => measured[name].map(({ cpuUs }) => cpuUs)
      const p50 = (name: (typeof CONTESTANTS)[number]) => measured[name].map(({ p50Us }) => p50Us)
      const goal = (name: (typeof CONTESTANTS)[number]) => (name === 'stillonce, ky' ? GOAL : undefined)
      return [
        ...CONTESTANTS.map(name =>
          figureOf(`p50: ${name}`, 'us', p50(name), { to: 'ky', measured: p50('ky'), goal: goal(name) }),
        ),
        ...CONTESTANTS.map(name =>
          figureOf(`CPU: ${name}`, 'us CPU', cpu(name), { to: 'ky', measured: cpu('ky') }),
        ),
      ]
    },
  }
}
