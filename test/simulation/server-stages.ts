import type { Action, Plan } from './plan.ts'
import type { ServerEdges } from './server-edges.ts'
import type { ServersPlan } from './servers-plan.ts'

/*
 * Worlds of stillonce/server in which few things happen, one after the other, so that what seldom comes together by
 * chance does. Times on the wire and clocks stay as the seed has them.
 */

export const SERVER_STAGES = ['a late end while the store fails', 'a retention raised'] as const
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
