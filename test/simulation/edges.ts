import type { Random } from './random.ts'
import { randomOf } from './random.ts'
import type { ServerStageName } from './server-stages.ts'
import { isServerStage } from './server-stages.ts'

/*
 * The worlds at the client's edges: other methods than POST with a body, proxies that send again, answer in the
 * server's place, cut and cache, words that nobody knows, other accounts and profiles, webhooks that come twice,
 * clocks that are put right, callbacks and listeners that throw. Most histories have none of it; some have a few.
 */

/** What seldom comes together by chance: see stages.ts. */
export const STAGES = [
  'paused before it sends',
  'forgotten while at work',
  'resumed after it was refused',
  'refused at its second delivery',
  'tried again by its runtime',
  'told before its answer',
  'a clock put right',
  'a clock set back asleep',
  'refused with a type',
  'a change in the way',
] as const
export type StageName = (typeof STAGES)[number]

/** How the operation is sent. What has no body names itself in its URL. */
export type Shape = 'post' | 'put' | 'delete' | 'empty post' | 'conditional put'

/** What happens to a request of the operation, besides SEND_FAULTS. `after`: the server had got it. */
export const EDGE_SEND_FAULTS = [
  'sent again by a proxy',
  'sent again by the runtime, refused',
  'page 403 after',
  'page 404 after',
  'page 405 after',
  'page 410 after',
  'page 413 before',
  'status 404 before',
  'status 410 before',
  'status 499 after',
  'status 450 after',
  'page 502 after',
  'page 503 after',
  'text 200 after',
  'other page 200 before',
  'empty 200 after',
  'cut, looks whole',
] as const
export type EdgeSendFault = (typeof EDGE_SEND_FAULTS)[number]

/** What happens to a request that asks, besides ASK_FAULTS. */
export const EDGE_ASK_FAULTS = [
  'ask page 404',
  'ask page 200',
  'ask text 200',
  'ask status 499',
  'ask foreign words',
  'ask cut, looks whole',
  'ask empty 200',
] as const
/** A proxy changes the URL of a key: what comes back is another key's. Only where answers name theirs can that be seen. */
export const OTHER_KEY = 'ask of another key' as const
export type EdgeAskFault = (typeof EDGE_ASK_FAULTS)[number] | typeof OTHER_KEY

/** What happens only at the edges, besides the actions of every world. */
export const EDGE_ACTIONS = [
  'other account',
  'other profile',
  'sleep',
  'resume and send',
  'clock put right',
  'settle',
  'run',
] as const
export type EdgeActionKind = (typeof EDGE_ACTIONS)[number]

export type Edges = {
  readonly shape: Shape
  readonly sendFaults: readonly EdgeSendFault[]
  readonly askFaults: readonly EdgeAskFault[]
  /** How often one of these faults strikes a request that no other fault has struck. */
  readonly rate: number
  /** Between the clients and the server: what answers to asks it keeps, and whether it does as it is told. */
  readonly cache: 'none' | 'deaf proxy' | 'obeying proxy' | 'browser'
  /** What the server says of an operation at work: a word that all know, or one that nobody does. */
  readonly progressWord: string
  /** Its replicas answer asks as things were up to so long ago: what was told is taken back. */
  readonly backMs: number
  /** Once it has told that it is at work, a replica may know nothing of it, for however long. */
  readonly forgetsWork: boolean
  /** Who reads status and cancel answers: the usual forms, or a callback, which may fail. */
  readonly reading: 'usual' | 'read' | 'read throws' | 'read gives a promise'
  /** The server says its refusals in the body of a 200, and the definition has a hook for that. */
  readonly verdict: 'none' | 'right' | 'throws' | 'gives a promise'
  readonly listener: 'right' | 'throws' | 'rejects'
  readonly hasTwoAccounts: boolean
  readonly hasTwoProfiles: boolean
  readonly webhooks: 'none' | 'with their key' | 'without a key'
  /** From then on the server remembers for so much longer, and who starts since then says so. */
  readonly raisedAt: number | undefined
  /** All clocks are off by this until they are put right. */
  readonly clocksOffMs: number
  /** One answer has a Date that is wrong by days; the others have the right one. */
  readonly wrongDates: boolean
  /** A refusal is a 409 with a type of its own. */
  readonly typedConflicts: boolean
  /** Somebody has changed the thing before; the definition finds out whose a change is, and goes on with the next one. */
  readonly changedBefore: boolean
  /** The definition says after how long a "not found" is proof, where that of the world does not. */
  readonly declaresAbsence: boolean
  /** Where few things happen, and those that seldom come together do. */
  readonly stage: StageName | undefined
  /** Ids are numbers, and whoever has only a text spells them. */
  readonly numericIds: boolean
  readonly actions: readonly EdgeAction[]
}

export type EdgeAction = {
  readonly at: number
  readonly slot: number
  readonly kind: EdgeActionKind
  readonly ms: number
}

/** A world without edges, as the shrinker makes it and tests begin with. */
export const NO_EDGES: Edges = {
  shape: 'post',
  sendFaults: [],
  askFaults: [],
  rate: 0,
  cache: 'none',
  progressWord: 'processing',
  backMs: 0,
  forgetsWork: false,
  reading: 'usual',
  verdict: 'none',
  listener: 'right',
  hasTwoAccounts: false,
  hasTwoProfiles: false,
  webhooks: 'none',
  raisedAt: undefined,
  clocksOffMs: 0,
  wrongDates: false,
  typedConflicts: false,
  changedBefore: false,
  declaresAbsence: false,
  stage: undefined,
  numericIds: false,
  actions: [],
}

/** Longer than the server remembers. */
const SLEEP_MS = 25 * 60_000
const DAY_MS = 86_400_000

/** Which worlds seeds make: of all kinds, without edges, with edges, with an outbox, or on one stage. */
export type Worlds = 'all' | 'plain' | 'edges' | 'outbox' | StageName | ServerStageName

export type EdgesInit = {
  readonly seed: number
  readonly worlds: Worlds
  readonly environment: 'node' | 'other'
  readonly honoursKeys: boolean
  readonly hasStatus: boolean
  readonly declaresAbsence: boolean
  readonly retentionMs: number
  readonly spanMs: number
  readonly slots: number
}

/** So many histories have edges. */
const SHARE = 0.45

export function edgesOf(world: EdgesInit): Edges | undefined {
  const random = randomOf(world.seed, 31)
  const { worlds } = world
  const hasEdges = random.chance(SHARE)
  if (worlds === 'plain' || worlds === 'outbox' || isServerStage(worlds) || (worlds === 'all' && !hasEdges))
    return undefined
  const declaresAbsence =
    world.declaresAbsence || (world.hasStatus && random.chance(world.honoursKeys ? 0.25 : 0.6))
  const init = { ...world, declaresAbsence }
  const { honoursKeys, environment } = init
  const some = (probability = 0.25) => random.chance(probability)
  const shape: Shape = some(0.4) ? random.pick(['put', 'delete', 'empty post', 'conditional put']) : 'post'
  const reading = some(0.6) ? 'usual' : random.pick(['read', 'read throws', 'read gives a promise'] as const)
  const verdict = some(0.3) ? random.pick(['right', 'throws', 'gives a promise'] as const) : 'none'
  const clocksOffMs = some(0.12) ? random.pick([-2 * DAY_MS, 2 * DAY_MS]) : 0
  const hasTwoAccounts = some(0.2)
  const hasTwoProfiles = some(0.2)
  const stage = stageOf(worlds, some(0.2) ? random.pick<StageName>(STAGES) : undefined)
  const isResent = honoursKeys || shape !== 'post'
  const sendFaults = [
    ...few(
      random,
      // Where nothing reads the result, a text is one.
      EDGE_SEND_FAULTS.filter(
        fault =>
          fault !== SENT_AGAIN &&
          (fault !== 'text 200 after' || reading === 'usual') &&
          (fault !== 'sent again by the runtime, refused' || environment === 'other'),
      ),
    ),
    // A proxy sends a POST with a body again only where it is told to.
    ...(isResent && some(shape === 'post' ? 0.1 : 0.6) ? [SENT_AGAIN] : []),
  ]
  return {
    shape,
    sendFaults: verdict === 'none' ? sendFaults : [...sendFaults, 'cut, looks whole', 'empty 200 after'],
    askFaults: few(random, EDGE_ASK_FAULTS),
    rate: random.pick([0.3, 0.6]),
    cache: some(init.declaresAbsence ? 0.6 : 0.25)
      ? random.pick(['deaf proxy', 'deaf proxy', environment === 'other' ? 'browser' : 'obeying proxy'])
      : 'none',
    progressWord: some(0.3) ? random.pick(UNKNOWN_WORDS) : 'processing',
    backMs: some() ? 3_000 : 0,
    // A reader that throws hears nothing of the work that is forgotten, and the absence was declared with authority.
    forgetsWork: some(0.2) && (reading === 'usual' || reading === 'read'),
    reading,
    verdict,
    listener: some(0.2) ? random.pick(['throws', 'rejects']) : 'right',
    hasTwoAccounts,
    hasTwoProfiles,
    webhooks: some(0.3) ? random.pick(['with their key', 'without a key']) : 'none',
    raisedAt: honoursKeys && init.spanMs > init.retentionMs && some(0.4) ? init.retentionMs * 0.5 : undefined,
    clocksOffMs,
    wrongDates: some(0.15),
    typedConflicts: some(0.2),
    changedBefore: false,
    declaresAbsence,
    stage,
    numericIds: some(0.15),
    actions: actionsOf(random, init, { hasTwoAccounts, hasTwoProfiles, clocksOffMs }),
  }
}

function stageOf(worlds: Worlds, byChance: StageName | undefined): StageName | undefined {
  if (worlds === 'all') return byChance
  return worlds === 'plain' || worlds === 'edges' || worlds === 'outbox' || isServerStage(worlds)
    ? undefined
    : worlds
}

export const SENT_AGAIN: EdgeSendFault = 'sent again by a proxy'

/** One to three of them: what comes seldom finds nothing. */
function few<Value>(random: Random, values: readonly Value[]): readonly Value[] {
  return Array.from({ length: random.between(1, 3) }, () => random.pick(values))
}

/** Of an operation at work: each says so to a person, and none is in a list. */
const UNKNOWN_WORDS = ['Creating', 'Submitted', 'requires_action', 'in review', 'on_hold'] as const

function actionsOf(
  random: Random,
  { spanMs, slots, declaresAbsence, honoursKeys }: EdgesInit,
  edges: Pick<Edges, 'hasTwoAccounts' | 'hasTwoProfiles' | 'clocksOffMs'>,
): readonly EdgeAction[] {
  const actions: EdgeAction[] = []
  const act = (kind: EdgeActionKind, at: number, ms = 0) =>
    actions.push({ at: Math.floor(at), slot: random.between(0, slots - 1), kind, ms })
  if (edges.hasTwoAccounts) {
    for (let count = random.between(1, 3); count > 0; count--)
      act('other account', random.next() * random.pick([2_000, spanMs]), random.pick([500, 3_000, 20_000]))
  }
  if (edges.hasTwoProfiles) act('other profile', random.next() * random.pick([1_000, 10_000, spanMs]))
  if (edges.clocksOffMs !== 0) act('clock put right', random.next() * random.pick([2_000, 15_000, spanMs]))
  if (honoursKeys && edges.clocksOffMs === 0 && random.chance(declaresAbsence ? 0.6 : 0.06)) {
    act('sleep', random.between(200, 15_000), SLEEP_MS)
    act('settle', SLEEP_MS + 20_000)
  }
  return actions
}
