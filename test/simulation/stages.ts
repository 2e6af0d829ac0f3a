import type { EdgeAction, Edges, StageName } from './edges.ts'
import { NO_EDGES } from './edges.ts'
import type { Action, Plan } from './plan.ts'

/*
 * Worlds in which few things happen, one after the other, so that what seldom comes together by chance does. Clocks,
 * shapes of answers and the store's latency stay as the seed has them.
 */

const DAY_MS = 86_400_000

export function staged(plan: Plan, stage: StageName, absentAfterMs: number): Plan {
  const quiet = quietOf(plan, stage)
  switch (stage) {
    case 'paused before it sends':
      return paused(quiet, absentAfterMs)
    case 'forgotten while at work':
      return forgotten(quiet, absentAfterMs)
    case 'resumed after it was refused':
      return resumed(quiet)
    case 'refused at its second delivery':
      return resent(quiet)
    case 'tried again by its runtime':
      return triedAgain(quiet)
    case 'told before its answer':
      return toldBefore(quiet)
    case 'a clock put right':
      return putRight(quiet)
    case 'a clock set back asleep':
      return setBack(quiet)
    case 'refused with a type':
      return typed(quiet)
    case 'a change in the way':
      return inTheWay(quiet)
    default:
      return stage satisfies never
  }
}

function quietOf(plan: Plan, stage: StageName): Plan {
  return {
    ...plan,
    edges: { ...NO_EDGES, stage },
    manner: { ...plan.manner, honoursKeys: true, declines: 0, storedFailures: 0 },
    absentAfterMs: undefined,
    ignoresAbort: false,
    rates: { send: 0, ask: 0, store: 0, strike: 0 },
    sendFaults: [],
    askFaults: [],
    storeFaults: [],
    clocks: plan.clocks.length > 1 ? plan.clocks : [...plan.clocks, { offsetMs: 0, drift: 0 }],
    actions: [run(0)],
    healedAt: 60_000,
    hasWildClock: false,
  }
}

function run(at: number, more: Partial<Action> = {}): Action {
  return { at, slot: 0, op: 'a', kind: 'run', item: 'book', ms: 0, ...more }
}

function edgesOf(plan: Plan, more: Partial<Edges>): Edges {
  return { ...NO_EDGES, ...plan.edges, ...more }
}

function edge(at: number, kind: EdgeAction['kind'], more: Partial<EdgeAction> = {}): EdgeAction {
  return { at, slot: 0, kind, ms: 0, ...more }
}

/**
 * One process is paused between its write and its byte, another takes over, hears nothing, and asks until a "not found"
 * would be proof, were it not for the one that is paused.
 */
function paused(plan: Plan, absentAfterMs: number): Plan {
  return {
    ...plan,
    manner: { ...plan.manner, statusLagMs: 0 },
    absentAfterMs,
    rates: { ...plan.rates, send: 0.95 },
    sendFaults: ['request lost'],
    actions: [run(0), run(1, { slot: 1 })],
    // Before the deadline of who waited, and after its "not found" would be proof.
    healedAt: 62_000,
  }
}

/** Without keys one answer is lost, the status says that it is at work, and from then on that it knows nothing of it. */
function forgotten(plan: Plan, absentAfterMs: number): Plan {
  return {
    ...plan,
    edges: edgesOf(plan, { forgetsWork: true }),
    manner: { ...plan.manner, honoursKeys: false, seals: false, slowness: 'slow', statusLagMs: 0 },
    absentAfterMs,
    rates: { ...plan.rates, send: 1 },
    sendFaults: ['answer lost'],
    healedAt: 100_000,
  }
}

/** Nobody listens until all attempts are used up; afterwards others resume, and send what is stored. */
function resumed(plan: Plan): Plan {
  return {
    ...plan,
    edges: edgesOf(plan, {
      actions: [edge(25_000, 'resume and send'), edge(31_000, 'resume and send', { slot: 1 })],
    }),
    persist: 'request',
    rates: { ...plan.rates, send: 0.95 },
    sendFaults: ['refused'],
    healedAt: 40_000,
  }
}

/** A proxy sends again what has executed, and the server refuses that. */
function resent(plan: Plan): Plan {
  const shapes = ['put', 'delete', 'empty post', 'conditional put'] as const
  const shape = shapes[plan.seed % shapes.length] ?? 'put'
  return {
    ...plan,
    environment: 'node',
    edges: edgesOf(plan, { shape, sendFaults: ['sent again by a proxy'], rate: 1 }),
    // A precondition is looked at before the key.
    manner: {
      ...plan.manner,
      honoursKeys: shape === 'conditional put',
      seals: false,
      slowness: 'fast',
      statusLagMs: undefined,
    },
    actions: [run(0), run(10_000, { slot: 1 })],
  }
}

/** Outside Node a runtime sends again by itself, and its error is that of the second try. */
function triedAgain(plan: Plan): Plan {
  return {
    ...plan,
    environment: 'other',
    edges: edgesOf(plan, { sendFaults: ['sent again by the runtime, refused'], rate: 1 }),
    manner: { ...plan.manner, honoursKeys: false, seals: false, slowness: 'fast', statusLagMs: undefined },
    actions: [run(0), run(10_000, { slot: 1 })],
  }
}

/** A webhook says that it happened, and not how, before the answer with the result is there. */
function toldBefore(plan: Plan): Plan {
  return {
    ...plan,
    edges: edgesOf(plan, { webhooks: 'with their key' }),
    manner: { ...plan.manner, slowness: 'fast', statusLagMs: undefined },
    rememberMs: DAY_MS,
    rates: { ...plan.rates, send: 1 },
    sendFaults: ['answer slow'],
  }
}

/**
 * A device was two days behind, and is put right while an operation is open, of which the server told the time before.
 * Until the server is heard again nobody knows how much time has passed; then it goes on.
 */
function putRight(plan: Plan): Plan {
  return {
    ...plan,
    edges: edgesOf(plan, { clocksOffMs: -2 * DAY_MS, actions: [edge(42_500, 'clock put right')] }),
    manner: { ...plan.manner, hasDate: true, slowness: 'fast', statusLagMs: undefined },
    actions: [
      run(0, { op: 'b' }),
      run(20_000, { op: 'c' }),
      run(40_000),
      run(60_000, { op: 'd' }),
      run(80_000),
      run(85_000, { slot: 1 }),
    ],
    script: { sends: [undefined, undefined, 'answer lost'] },
    hasWildClock: true,
    healedAt: 100_000,
  }
}

/** The machine sleeps for longer than the server remembers, and wakes with a clock that is days behind. */
function setBack(plan: Plan): Plan {
  return {
    ...plan,
    edges: edgesOf(plan, { actions: [edge(3_000, 'sleep', { ms: 25 * 60_000 })] }),
    actions: [run(0), run(600_000, { kind: 'wild jump', ms: -360_000_000 })],
    hasWildClock: true,
    healedAt: 26 * 60_000 + 10_000,
  }
}

/** Each request is judged anew, and refused with a problem of the server's own. */
function typed(plan: Plan): Plan {
  return {
    ...plan,
    edges: edgesOf(plan, { typedConflicts: true }),
    manner: { ...plan.manner, declines: 1, storesDeclines: false, statusLagMs: undefined },
    actions: [run(0), run(15_000, { slot: 1 })],
  }
}

/**
 * A change to what another has changed before, by a proxy that sends again what has executed: of each refusal the
 * definition finds out whose change it speaks of, unless it hangs.
 */
function inTheWay(plan: Plan): Plan {
  return {
    ...plan,
    environment: 'node',
    edges: edgesOf(plan, {
      shape: 'conditional put',
      sendFaults: ['sent again by a proxy'],
      rate: 0.7,
      changedBefore: true,
    }),
    manner: { ...plan.manner, honoursKeys: false, seals: false, slowness: 'fast', statusLagMs: undefined },
    actions: [run(0), run(30_000, { slot: 1 }), run(60_000)],
    healedAt: 90_000,
  }
}
