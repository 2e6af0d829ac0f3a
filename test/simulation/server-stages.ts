import { ENQUEUE_ENDS } from './outbox.ts'
import type { Enqueuing } from './outbox.ts'
import type { Action, Plan } from './plan.ts'
import { randomOf } from './random.ts'
import type { ServerEdges } from './server-edges.ts'
import type { ServersPlan } from './servers-plan.ts'
import type { SendFault } from './sim-network.ts'

/*
 * Worlds of stillonce/server in which few things happen, one after the other, so that what seldom comes together by
 * chance does. Times on the wire and clocks stay as the seed has them.
 */

export const SERVER_STAGES = [
  'a late end while the store fails',
  'a retention raised',
  'an enqueue over what is open',
] as const
export type ServerStageName = (typeof SERVER_STAGES)[number]

export function isServerStage(worlds: string): worlds is ServerStageName {
  return (SERVER_STAGES as readonly string[]).includes(worlds)
}

export function serverStaged(plan: Plan, stage: ServerStageName): Plan {
  switch (stage) {
    case 'a late end while the store fails':
      return lateEnd(plan)
    case 'a retention raised':
      return raised(plan)
    case 'an enqueue over what is open':
      return enqueuedOver(plan)
    default:
      return stage satisfies never
  }
}

function quietOf(plan: Plan, servers: Partial<ServersPlan>, edges?: ServerEdges['actions']): Plan {
  const { servers: their } = plan
  if (their === undefined) throw new Error('a stage for servers, and there are none')
  const run: Action = { at: 0, slot: 0, op: 'a', kind: 'run', item: 'book', ms: 0 }
  return {
    ...plan,
    edges: undefined,
    ignoresAbort: false,
    rates: { send: 0, ask: 0, store: 0, strike: 0 },
    clocks: plan.clocks.slice(0, 1),
    actions: [run],
    healedAt: 60_000,
    hasWildClock: false,
    script: {},
    servers: {
      ...their,
      resumable: 'no',
      waitMs: 0,
      stores: 'all answers',
      clocks: their.clocks.slice(0, 1),
      actions: [],
      edges: edges && { ends: [], showsFirst: false, retentionTimes: 2, actions: edges },
      ...servers,
    },
  }
}

/** Its handler has taken too long, which the store does not take for a while, and ends meanwhile. */
function lateEnd(plan: Plan): Plan {
  const fails = { from: 2, to: 2 + FAILING_WRITES }
  const writes = Object.fromEntries(
    Array.from({ length: fails.to - fails.from }, (_, index) => [
      `1:${fails.from + index}`,
      'store: set fails before' as const,
    ]),
  )
  return {
    ...quietOf(plan, { timeoutMs: 4_000 }),
    script: { servers: { takesMs: 9_000, writes } },
  }
}

/** Two tries of each write, until the handler has ended. */
const FAILING_WRITES = 12

/**
 * One send is held on its way, the next is executed and forgotten; meanwhile a deployment has raised the retention, and
 * what was held arrives. Who starts since then would remember for so long; who answered did not.
 */
function raised(plan: Plan): Plan {
  const plain = quietOf(plan, {}, [{ at: 600_000, kind: 'other retention' }])
  return {
    ...plain,
    script: { sends: ['held long'], servers: {} },
    longHoldMs: 2_400_000,
    healedAt: 1_600_000,
  }
}

/** What keeps a call from its answer, so that the operation stays open: nothing left, a refusal that proves nothing, a doubt. */
const LEFT_OPEN: readonly SendFault[] = [
  'refused',
  'gateway 401 before',
  'gateway 429 before',
  'request lost',
  'answer lost',
]

/**
 * A call comes to nothing; later its operation is enqueued, by one service or two at once, with a key that is young,
 * about to expire or too old by then; workers or a `resume` take it up.
 */
function enqueuedOver(plan: Plan): Plan {
  const random = randomOf(plan.seed, 54)
  const fault = random.pick(LEFT_OPEN)
  const at = random.pick([25_000, 300_000, plan.manner.retentionMs * 0.8, plan.manner.retentionMs * 1.1])
  const enqueuing = (afterMs: number): Enqueuing => ({
    at: at + afterMs,
    slot: random.between(0, 1),
    op: 'a',
    item: random.chance(0.85) ? 'book' : 'lamp',
    openMs: random.pick([0, 30, 1_500]),
    ends: random.chance(0.6) ? 'commits' : random.pick(ENQUEUE_ENDS),
  })
  const count = random.pick([1, 2, 3])
  const act = (kind: Action['kind'], afterMs: number): Action => ({
    at: at + afterMs,
    slot: random.between(0, 1),
    op: 'a',
    kind,
    item: 'book',
    ms: 0,
  })
  const after = [act('resume and send', random.between(0, 4_000)), act('resume and send', 60_000)]
  const meanwhile = random.chance(0.5) ? [act(random.pick(['run', 'cancel', 'settle']), 10)] : []
  const staged = quietOf(plan, {})
  const clock = { offsetMs: 0, drift: 0 }
  return {
    ...staged,
    persist: 'request',
    clocks: [staged.clocks[0] ?? clock, clock],
    rates: { ...staged.rates, strike: random.pick([0, 0.9]) },
    actions: [...staged.actions, ...after, ...meanwhile],
    outbox: {
      enqueuings: Array.from({ length: count }, (_, index) => enqueuing(index * random.pick([0, 20, 1_000]))),
      workers: random.chance(0.5) ? [1] : [],
    },
    script: { sends: Array.from({ length: 3 }, () => fault), servers: {} },
    isEndless: false,
    healedAt: at + 120_000,
  }
}
