import type { Outbox } from './outbox.ts'
import { withOutbox } from './outbox.ts'
import type { ServerManner } from './model-server.ts'
import type { EdgeAction, Edges, Worlds } from './edges.ts'
import { edgesOf, SENT_AGAIN, NO_EDGES, OTHER_KEY } from './edges.ts'
import type { Random } from './random.ts'
import { staged } from './stages.ts'
import type { ServerStageName } from './server-stages.ts'
import { isServerStage, SERVER_STAGES, serverStaged } from './server-stages.ts'
import type { ServersPlan } from './servers-plan.ts'
import { serversPlanOf } from './servers-plan.ts'
import type { ServerScript } from './real-servers.ts'
import { randomOf } from './random.ts'
import type { AskFault, Fault, SendFault } from './sim-network.ts'
import { ASK_FAULTS, SEND_FAULTS } from './sim-network.ts'
import type { StoreFault } from './sim-store.ts'
import { STORE_FAULTS } from './sim-store.ts'

/*
 * A history before it happens: who there is, how the server speaks, which faults may strike, and what the
 * actors do when. It is data, made from a seed; the shrinker takes parts of it away.
 */
export type Plan = {
  readonly seed: number
  readonly environment: 'node' | 'other'
  readonly manner: ServerManner
  /** What the client meets at its edges, in some histories. */
  readonly edges?: Edges | undefined
  /** What services enqueue, and who has a worker, in some histories. */
  readonly outbox?: Outbox | undefined
  /** The processes of `stillonce/server`, where it serves in place of the model. */
  readonly servers?: ServersPlan
  /** Runs send on to their deadline, as where nothing is said of attempts. */
  readonly isEndless?: boolean | undefined
  /** The definition's word that a "not found" after so long is proof; true of this wire and server. */
  readonly absentAfterMs: number | undefined
  readonly persist: 'key' | 'request'
  readonly rememberMs: number
  readonly deathIsSeen: boolean
  readonly ignoresAbort: boolean
  readonly longHoldMs: number
  /** Of the store's answers, in each direction; 0 is at once. */
  readonly storeLatencyMs: number
  readonly rates: {
    readonly send: number
    readonly ask: number
    readonly store: number
    readonly strike: number
  }
  readonly sendFaults: readonly SendFault[]
  readonly askFaults: readonly AskFault[]
  readonly storeFaults: readonly StoreFault[]
  readonly clocks: readonly { readonly offsetMs: number; readonly drift: number }[]
  readonly actions: readonly Action[]
  /** When faults end. */
  readonly healedAt: number
  /** A clock was set by hours: nobody is expected to find out for certain any more. */
  readonly hasWildClock: boolean
  /** Faults that strike where they are told, in the place of chance: a distilled history. */
  readonly script?: {
    /** By the number of the operation's send, from 0. */
    readonly sends?: readonly (Fault | undefined)[]
    /** By the number of the ask, from 0. */
    readonly asks?: readonly (Fault | undefined)[]
    /** By process and the number of its write, from 0: `0:1` is the second write of the first process. */
    readonly writes?: Readonly<Record<string, StoreFault>>
    readonly servers?: ServerScript
  }
}

export type Action = {
  readonly at: number
  readonly slot: number
  readonly op: string
  readonly kind: ActionKind
  readonly item: string
  /** Meaning by kind: abort after, freeze or stay for so long, jump by. */
  readonly ms: number
}

export type ActionKind =
  | 'run'
  | 'run twice'
  | 'run and abort'
  | 'run aborted'
  | 'settle'
  | 'cancel'
  | 'conclude'
  | 'forget'
  | 'forget by force'
  | 'inspect'
  | 'pending'
  | 'resume'
  | 'resume and send'
  | 'clear'
  | 'clear by force'
  | 'close'
  | 'crash'
  | 'restart'
  | 'freeze'
  | 'freeze, monotonic pauses'
  | 'jump'
  | 'wild jump'
  | 'other user'
  | 'offline'

/** Kinds and their weights. */
const WEIGHTS: readonly (readonly [ActionKind, number])[] = [
  ['run', 34],
  ['run twice', 8],
  ['run and abort', 7],
  ['run aborted', 2],
  ['settle', 8],
  ['cancel', 9],
  ['conclude', 3],
  ['forget', 2],
  ['forget by force', 2],
  ['inspect', 2],
  ['pending', 1],
  ['resume', 4],
  ['resume and send', 4],
  ['clear', 1],
  ['clear by force', 1],
  ['close', 3],
  ['crash', 6],
  ['restart', 6],
  ['freeze', 3],
  ['freeze, monotonic pauses', 2],
  ['jump', 2],
  ['wild jump', 0.3],
  ['other user', 3],
  ['offline', 2],
]
const TOTAL = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0)

/** 20 minutes; the margin of the horizon is 2 minutes, and all clocks and holds stay well within it. */
export const RETENTION_MS = 20 * 60_000
export const SETTINGS = {
  timeout: 5_000,
  deadline: 20_000,
  retry: { attempts: 3, backoff: { base: 100, cap: 1_000 } },
  poll: { interval: { min: 200, max: 2_000 }, deadline: 30_000 },
} as const
/** How often a run may send, and after which pauses. */
export function retryOf({ isEndless }: Plan): {
  readonly attempts?: number
  readonly backoff: { readonly base: number; readonly cap: number }
} {
  const { attempts, backoff } = SETTINGS.retry
  return isEndless === true ? { backoff } : { attempts, backoff }
}

/** Of a run: long enough for an absence to become proof, where the definition says so. */
export function deadlineOf({ absentAfterMs }: Plan): number {
  return absentAfterMs === undefined ? SETTINGS.deadline : 60_000
}

/** From the first "still processing" on: longer where a "not found" would be proof by then, were it one. */
export function pollDeadlineOf({ absentAfterMs, edges }: Plan): number {
  return edges?.forgetsWork === true && absentAfterMs !== undefined ? 60_000 : SETTINGS.poll.deadline
}

/** So far may a clock be off: twice this and the longest hold are less than the horizon's margin. */
const MOST_OFF_MS = 12_000
const LONGEST_HOLD_MS = 60_000
/**
 * From the end of an attempt on: a request is held for up to 15 s, of which the attempt's 5 s have passed, is carried
 * out in up to 12 s, and the status knows of it 3 s later.
 */
const ABSENT_AFTER_MS = 26_000

/** Which server stands at the other end. */
export type ServerKind = 'model' | 'stillonce'

export function planOf(seed: number, server: ServerKind, worlds: Worlds = 'all'): Plan {
  const plan = modelPlanOf(seed)
  if (server === 'model') {
    const edged = withEdges(plan, worlds)
    return edged.edges === undefined ? withOutbox(edged, worlds) : edged
  }
  const stage = serverStageOf(seed, worlds)
  if (stage !== undefined) return serverStaged(stillonceOf(plan, stage), stage)
  const edged = stillonceEdges(stillonceOf(plan, worlds), worlds)
  return edged.edges === undefined ? withOutbox(edged, worlds) : edged
}

function serverStageOf(seed: number, worlds: Worlds): ServerStageName | undefined {
  if (isServerStage(worlds)) return worlds
  const random = randomOf(seed, 42)
  return worlds === 'all' && random.chance(0.03) ? random.pick<ServerStageName>(SERVER_STAGES) : undefined
}

/** The same clients, before `stillonce/server` in the model's place. */
function stillonceOf(plan: Plan, worlds: Worlds): Plan {
  const { seed } = plan
  const random = randomOf(seed, 19)
  const spanMs = plan.healedAt - 5_000
  // Longer than the server remembers: it goes by the time of the first send.
  const longHoldMs = random.pick([LONGEST_HOLD_MS, 2 * RETENTION_MS])
  return {
    ...plan,
    manner: {
      ...plan.manner,
      honoursKeys: true,
      declines: 0,
      storedFailures: 0,
      statusLagMs: random.chance(0.7) ? 0 : undefined,
      seals: random.chance(0.7),
    },
    absentAfterMs: undefined,
    longHoldMs,
    ...(longHoldMs > RETENTION_MS && {
      sendFaults: [...new Set([...plan.sendFaults, 'held long' as const])],
    }),
    servers: serversPlanOf(seed, spanMs, worlds),
  }
}

/** The same world, and what the client may meet at its edges. */
function withEdges(plan: Plan, worlds: Worlds): Plan {
  const { seed, manner } = plan
  const all = edgesOf({
    seed,
    worlds,
    environment: plan.environment,
    honoursKeys: manner.honoursKeys,
    hasStatus: manner.statusLagMs !== undefined,
    declaresAbsence: plan.absentAfterMs !== undefined,
    retentionMs: RETENTION_MS,
    spanMs: plan.healedAt - 5_000,
    slots: plan.clocks.length,
  })
  if (all === undefined) return plan
  // A 409 without a sign ends as a conflict, not executed (section 5), which bends "not executed is true" where a proxy has
  // sent a slow one again and the server says no more than that: nobody who sends once can tell the two apart.
  const isPuzzling = manner.honoursKeys && manner.inProgress === 'bare-409'
  const edges = isPuzzling || keepsNoRefusal(plan) ? { ...all, sendFaults: sentOnce(all.sendFaults) } : all
  if (edges.stage !== undefined) return staged(plan, edges.stage, ABSENT_AFTER_MS)
  const refuses = edges.verdict !== 'none' || edges.shape !== 'post' || edges.typedConflicts
  const sleeps = edges.actions.filter(({ kind }) => kind === 'sleep')
  const sleepsUntil = Math.max(0, ...sleeps.map(({ at, ms }) => at + ms + 25_000))
  return {
    ...plan,
    edges,
    // What strikes every world leaves room for what strikes at the edges.
    rates: { ...plan.rates, send: plan.rates.send / 3, ask: plan.rates.ask / 3 },
    ...(edges.declaresAbsence && declaringAbsence(plan, edges)),
    healedAt: Math.max(plan.healedAt, sleepsUntil),
    manner: {
      ...manner,
      ...(edges.forgetsWork && edges.declaresAbsence && { slowness: 'slow' as const }),
      declines: manner.declines === 0 && refuses ? 0.4 : manner.declines,
      hasDate: manner.hasDate || edges.clocksOffMs !== 0 || edges.wrongDates,
    },
    hasWildClock: plan.hasWildClock || edges.clocksOffMs !== 0,
  }
}

/** A refusal that a server does not keep (`stores`) says nothing of a second delivery that it has not looked at. */
function keepsNoRefusal({ servers }: Plan): boolean {
  return servers?.stores === 'no refusals'
}

function sentOnce(faults: Edges['sendFaults']): Edges['sendFaults'] {
  return faults.filter(fault => fault !== SENT_AGAIN)
}

/** What of the edges lies between the clients and any server, and in the clients themselves. */
function stillonceEdges(plan: Plan, worlds: Worlds): Plan {
  const { edges, ...rest } = withEdges({ ...plan, manner: { ...plan.manner, honoursKeys: true } }, worlds)
  if (edges === undefined) return plan
  const { listener, cache, sendFaults, askFaults, rate, actions } = edges
  // A memory that begins anew goes by clocks: they are right then, but for seconds.
  const clocksOffMs = plan.servers?.edges === undefined ? edges.clocksOffMs : 0
  const isOurs = ({ kind }: EdgeAction) =>
    kind === 'sleep' || kind === 'settle' || (kind === 'clock put right' && clocksOffMs !== 0)
  const raisesAt =
    plan.servers?.edges?.retentionTimes === 2
      ? plan.servers.edges.actions.find(({ kind }) => kind === 'other retention')?.at
      : undefined
  return {
    ...rest,
    absentAfterMs: plan.absentAfterMs,
    hasWildClock: plan.hasWildClock || clocksOffMs !== 0,
    manner: { ...plan.manner, hasDate: plan.manner.hasDate || clocksOffMs !== 0 },
    edges: {
      ...NO_EDGES,
      listener,
      clocksOffMs,
      cache,
      // A stage brings faults of its own.
      sendFaults: keepsNoRefusal(plan) ? sentOnce(sendFaults) : sendFaults,
      askFaults: [...askFaults, ...(plan.seed % 3 === 0 ? ([OTHER_KEY] as const) : [])],
      rate,
      raisedAt: raisesAt,
      actions: actions.filter(isOurs),
    },
  }
}

/** A definition says so only where it is true: of this wire, and of this server. */
function declaringAbsence(plan: Plan, edges: Edges): Partial<Plan> {
  const { rates } = plan
  const askFaults = plan.askFaults.filter(fault => fault !== 'ask 404')
  const declared = { absentAfterMs: ABSENT_AFTER_MS, askFaults }
  // What a cache keeps, and what a replica forgets, matters where a request comes after it was asked for.
  if (edges.cache !== 'none' || edges.forgetsWork) {
    // That a server is at work, one process hears, and the store carries it to the others: where that is lost on the way,
    // the declaration is untrue for a server that forgets.
    const carried = edges.forgetsWork ? { store: 0, strike: 0 } : {}
    const sparse = { ...rates, ...carried, send: 0.8, ask: 0 }
    return { ...declared, rates: sparse, sendFaults: ['held', 'answer lost'] }
  }
  return { ...declared, sendFaults: plan.sendFaults.filter(fault => fault !== 'held long') }
}

function modelPlanOf(seed: number): Plan {
  const random = randomOf(seed, 1)
  const honoursKeys = random.chance(0.75)
  const environment = random.chance(0.75) ? 'node' : 'other'
  const statusLagMs = random.chance(0.5) ? random.pick([0, 0, 3_000]) : undefined
  const declaresAbsence = statusLagMs !== undefined && random.chance(0.25)
  const spanMs = random.pick([5_000, 20_000, 90_000, 90_000, 1_500_000, 2_000_000])
  const slots = random.pick([1, 2, 2, 3])
  const actions = actionsOf(random, slots, spanMs)
  // Without keys a transport that re-sends executes twice, and a refusal of the second says nothing of the
  // first: no client can know (documented), so such a server does not decline.
  const declines = !honoursKeys && environment === 'other' ? 0 : random.pick([0, 0, 0.3, 0.6])
  const manner: ServerManner = {
    honoursKeys,
    inProgress: random.pick(['bare-409', '409-retry-after', '202']),
    storesDeclines: random.chance(0.5),
    declines,
    storedFailures: honoursKeys ? random.pick([0, 0, 0, 0.3]) : 0,
    retentionMs: RETENTION_MS,
    statusLagMs,
    seals: honoursKeys && random.chance(0.6),
    slowness: random.pick(['fast', 'mixed', 'slow']),
    hasDate: random.chance(0.3),
  }
  return {
    seed,
    environment,
    manner,
    // By a chance of its own: the other ones stay.
    isEndless: randomOf(seed, 77).chance(0.4),
    absentAfterMs: declaresAbsence ? ABSENT_AFTER_MS : undefined,
    persist: random.pick(['key', 'request']),
    rememberMs: random.pick([86_400_000, 1_000]),
    deathIsSeen: random.chance(0.5),
    ignoresAbort: random.chance(0.15),
    longHoldMs: LONGEST_HOLD_MS,
    storeLatencyMs: random.pick([0, 0, 5, 40]),
    rates: {
      send: random.pick([0.4, 0.6, 0.9]),
      ask: random.pick([0.2, 0.5, 0.8]),
      store: random.pick([0, 0.1, 0.2, 0.4]),
      strike: random.pick([0.2, 0.5, 0.9]),
    },
    sendFaults: SEND_FAULTS.filter(
      fault =>
        random.chance(0.4) &&
        (fault !== 'delivered twice' || environment === 'other') &&
        (fault !== 'held long' || !declaresAbsence),
    ),
    askFaults: ASK_FAULTS.filter(fault => random.chance(0.4) && (fault !== 'ask 404' || !declaresAbsence)),
    storeFaults: STORE_FAULTS.filter(() => random.chance(0.4)),
    clocks: Array.from({ length: slots }, () => ({
      offsetMs: random.chance(0.5) ? 0 : random.between(-MOST_OFF_MS / 2, MOST_OFF_MS / 2),
      drift: random.chance(0.6) ? 0 : random.between(-1_000, 1_000) / 1e6,
    })),
    actions,
    healedAt: spanMs + 5_000,
    hasWildClock: actions.some(action => action.kind === 'wild jump'),
  }
}

function actionsOf(random: Random, slots: number, spanMs: number): readonly Action[] {
  const ops = random.chance(0.75) ? ['a'] : ['a', 'b']
  const count = random.between(5, 20)
  const times = Array.from({ length: count }, () => timeOf(random, spanMs)).toSorted((a, b) => a - b)
  const actions = times.map((at, index) => {
    const kind = index === 0 ? 'run' : kindOf(random)
    return {
      at: index === 0 ? 0 : at,
      slot: random.between(0, slots - 1),
      op: random.pick(ops),
      kind,
      item: random.chance(0.9) ? 'book' : 'lamp',
      ms: msOf(random, kind),
    }
  })
  // Where a key has grown old, what is done with it at last matters most.
  if (spanMs > RETENTION_MS && random.chance(0.5)) {
    const kind = random.pick(['cancel', 'run', 'settle'] as const)
    actions.push({ at: spanMs, slot: random.between(0, slots - 1), op: ops[0]!, kind, item: 'book', ms: 0 })
  }
  return actions
}

/** In clusters: what comes close together races. */
function timeOf(random: Random, spanMs: number): number {
  const cluster = random.pick([0, 0, 0.3, 0.5, 0.8, 1])
  return Math.floor(cluster * spanMs + random.between(0, random.pick([50, 2_000, 8_000])))
}

function kindOf(random: Random): ActionKind {
  let at = random.next() * TOTAL
  for (const [kind, weight] of WEIGHTS) {
    at -= weight
    if (at < 0) return kind
  }
  return 'run'
}

function msOf(random: Random, kind: ActionKind): number {
  switch (kind) {
    case 'jump':
      return random.between(-MOST_OFF_MS / 2, MOST_OFF_MS / 2)
    case 'wild jump':
      return random.pick([-100, 3]) * 3_600_000
    case 'freeze':
    case 'freeze, monotonic pauses':
      return random.pick([3_000, 12_000, 40_000])
    case 'run and abort':
      return random.pick([0, 10, 300, 3_000])
    default:
      return random.between(1_000, 15_000)
  }
}
