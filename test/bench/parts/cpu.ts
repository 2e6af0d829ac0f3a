import type { ContestantName } from '../contestants/contestants.ts'
import type { Goal } from '../figure.ts'
import { each, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import type { Rounds } from '../rounds.ts'
import { inTurns, WITHOUT_NETWORK } from '../rounds.ts'

const CONTESTANTS = [
  'fetch',
  'p-retry + fetch',
  'idempotent-fetch',
  'stripe-node',
  'ky',
  'axios + axios-retry',
  'fetch, and the least that the promises need',
  'stillonce, plain fetch',
  'stillonce, ky',
] as const satisfies readonly ContestantName[]

type Goals = readonly (readonly [
  ours: (typeof CONTESTANTS)[number],
  to: (typeof CONTESTANTS)[number],
  goal: Goal,
])[]

const GOALS: Goals = [
  [
    'stillonce, plain fetch',
    'fetch, and the least that the promises need',
    { of: 'ratio', is: 'at most', limit: 1.8 },
  ],
  ['stillonce, plain fetch', 'ky', { of: 'ratio', is: 'at most', limit: 0.75 }],
  ['stillonce, ky', 'ky', { of: 'ratio', is: 'at most', limit: 1.45 }],
]

/** Past the 10,000 facts that the memory store keeps by default, so that it drops the oldest all the time. */
const FULL: Rounds = { rounds: 15, calls: 1_500, warmUp: 11_000, atATime: 1 }

export function cpuPart(rounds: Rounds = FULL): Part {
  return {
    title: 'CPU per call, the network removed',
    how:
      'POST of a small JSON under a new key, JSON back; `fetch` is replaced by one that answers at once. ' +
      `A process each, ${rounds.rounds} batches of ${rounds.calls} calls in turns; ratios are medians of the ratios of one round.`,
    async measure(ref) {
      const measured = await inTurns(CONTESTANTS, { ...WITHOUT_NETWORK, ref }, rounds)
      const cpu = (name: (typeof CONTESTANTS)[number]) => each(measured[name], ({ cpuUs }) => cpuUs)
      const p50 = (name: (typeof CONTESTANTS)[number]) => each(measured[name], ({ p50Us }) => p50Us)
      return [
        ...CONTESTANTS.map(name =>
          figureOf(name, 'us CPU', cpu(name), { to: 'fetch', measured: cpu('fetch') }),
        ),
        ...GOALS.map(([ours, to, goal]) =>
          figureOf(ours, 'us CPU', cpu(ours), { to, measured: cpu(to), goal }),
        ),
        ...CONTESTANTS.map(name =>
          figureOf(`p50: ${name}`, 'us', p50(name), { to: 'fetch', measured: p50('fetch') }),
        ),
      ]
    },
  }
}
