import type { Worlds } from './edges.ts'
import type { Random } from './random.ts'
import type { EdgeEnd, ServerEdges } from './server-edges.ts'
import { serverEdgesOf } from './server-edges.ts'
import { randomOf } from './random.ts'
import type { StoreFault } from './sim-store.ts'
import { STORE_FAULTS } from './sim-store.ts'

/** How a run of the handler ends. `before` and `after` are said of its effect. */
export const HANDLER_ENDS = [
  'answers',
  'declines',
  'throws NotExecuted',
  'rolls back',
  'throws before',
  'throws after',
  'answers 500 before',
  'answers 500 after',
  'hangs before',
  'hangs after',
] as const
export type HandlerEnd = (typeof HANDLER_ENDS)[number] | EdgeEnd

/** The steps at which a server crashes or freezes, besides all others. */
export const STRUCK_STEPS = [
  'before store set processing',
  'after store set processing',
  'before the effect',
  'after the effect',
  'before store set succeeded',
  'after store set succeeded',
  'before store set unknown',
  'after store set unknown',
  'before store delete',
  'after store delete',
  'before the answer',
] as const

/** They come seldom, so they are struck when they do. */
export const RARE_STEPS = STRUCK_STEPS.filter(step => /unknown|delete/.test(step))

/** The server's half of a history where `stillonce/server` itself serves: processes behind one address, on one store. */
export type ServersPlan = {
  /** What does the work: `handle`, or `run` in an endpoint of the app's own (run-endpoint.ts). Default `handle`. */
  readonly workBy?: 'handle' | 'run'
  /** How an effect is kept from happening twice when the handler runs again; `no`: it never runs again. */
  readonly resumable: 'no' | 'by a derived key' | 'by the fence'
  readonly inProgress: 409 | 202
  readonly waitMs: number
  readonly leaseMs: number
  readonly timeoutMs: number
  readonly stores: 'all answers' | 'no refusals' | 'no bodies'
  readonly ends: readonly HandlerEnd[]
  /** How often a run ends in another way than with its answer. */
  readonly endRate: number
  readonly storeFaults: readonly StoreFault[]
  readonly storeRate: number
  readonly storeLatencyMs: number
  readonly strikeRate: number
  readonly clocks: readonly { readonly offsetMs: number; readonly drift: number }[]
  readonly actions: readonly ServerAction[]
  readonly edges?: ServerEdges | undefined
}

export type ServerAction = {
  readonly at: number
  readonly slot: number
  readonly kind: ServerActionKind
  readonly ms: number
}

export const SERVER_ACTIONS = [
  'crash',
  'all crash',
  'freeze',
  'jump',
  /** No call of the store is answered well; what it was told to write may be written. */
  'store outage',
  /** Somebody else's client uses a key again for something else. */
  'careless request',
] as const
export type ServerActionKind = (typeof SERVER_ACTIONS)[number]

/** A server's clock may be off by this, twice, in either direction: the memory's margin is two minutes. */
const MOST_OFF_MS = 20_000

/** In so many worlds the work is done by `once.run`. */
const RUN_SHARE = 0.25

export function serversPlanOf(seed: number, spanMs: number, worlds: Worlds = 'all'): ServersPlan {
  const random = randomOf(seed, 20)
  const slots = random.pick([1, 2, 2, 3])
  const edges = serverEdgesOf(seed, spanMs, worlds)
  const plan: ServersPlan = {
    // Drawn apart, so that all else of a seed stays as it was.
    workBy: randomOf(seed, 43).chance(RUN_SHARE) ? 'run' : 'handle',
    resumable: random.pick(['no', 'no', 'by a derived key', 'by the fence']),
    inProgress: random.pick([409, 202]),
    waitMs: random.pick([0, 0, 3_000]),
    leaseMs: random.pick([3_000, 8_000]),
    timeoutMs: random.pick([4_000, 15_000]),
    stores: random.pick(['all answers', 'all answers', 'no refusals', 'no bodies']),
    ends: HANDLER_ENDS.filter(() => random.chance(0.5)),
    endRate: random.pick([0, 0.3, 0.6]),
    storeFaults: STORE_FAULTS.filter(() => random.chance(0.4)),
    storeRate: random.pick([0, 0.1, 0.4]),
    storeLatencyMs: random.pick([0, 0, 5, 200]),
    strikeRate: random.pick([0, 0.5, 0.9]),
    clocks: Array.from({ length: slots }, () => ({
      offsetMs: random.chance(0.5) ? 0 : random.between(-MOST_OFF_MS, MOST_OFF_MS),
      drift: random.chance(0.6) ? 0 : random.between(-1_000, 1_000) / 1e6,
    })),
    actions: actionsOf(random, slots, spanMs),
  }
  if (edges === undefined) return plan
  // Between a write and its acknowledgement there is time for the power to go.
  const storeLatencyMs = edges.showsFirst ? Math.max(40, plan.storeLatencyMs) : plan.storeLatencyMs
  return { ...plan, storeLatencyMs, edges }
}

function actionsOf(random: Random, slots: number, spanMs: number): readonly ServerAction[] {
  const count = random.pick([0, 1, 2, 4])
  let jumped = false
  return Array.from({ length: count }, () => {
    const cluster = random.pick([0, 0.3, 0.5, 0.8, 1])
    const at = Math.floor(cluster * spanMs + random.between(0, random.pick([300, 3_000, 10_000])))
    let kind: ServerActionKind = random.pick(SERVER_ACTIONS)
    if (kind === 'jump' && jumped) kind = 'crash'
    jumped ||= kind === 'jump'
    const ms =
      kind === 'jump' ? random.between(-MOST_OFF_MS, MOST_OFF_MS) : random.pick([2_000, 10_000, 40_000])
    return { at, slot: random.between(0, slots - 1), kind, ms }
  }).toSorted((a, b) => a.at - b.at)
}
