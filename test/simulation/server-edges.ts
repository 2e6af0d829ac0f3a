import type { Worlds } from './edges.ts'
import type { Random } from './random.ts'
import { randomOf } from './random.ts'
import { isServerStage } from './server-stages.ts'

/*
 * What happens to the servers' store and around them, in some histories: it shows what is not durable yet, and is cut
 * back to what was acknowledged; it is born anew, empty or as it was before; the retention is another one from some
 * deployment on; another user's keys are alike; bodies come half.
 */

export const SERVER_EDGE_ACTIONS = [
  /** All servers end, and what the store has not acknowledged is gone. */
  'power loss',
  /** The store is copied. */
  'backup',
  /** All servers end, and begin again on a new store. */
  'empty store',
  /** All servers end, and begin again on the last copy, or on a new store where there is none. */
  'restored store',
  /** All servers begin again with the other retention. */
  'other retention',
  'stranger sends',
  'stranger asks',
  'stranger seals',
  /** A request breaks off in the middle of its body. */
  'half a body',
  /** A body that is no JSON, under a key of its own. */
  'malformed body',
] as const
export type ServerEdgeKind = (typeof SERVER_EDGE_ACTIONS)[number]

/** How a run of the handler ends too: in an error that the app's own error handling answers with a 4xx. */
export const EDGE_ENDS = ['throws 4xx before', 'throws declared 4xx'] as const
export type EdgeEnd = (typeof EDGE_ENDS)[number]

export type ServerEdges = {
  readonly ends: readonly EdgeEnd[]
  /** What is written is seen by others before it is durable. */
  readonly showsFirst: boolean
  /** Times what it was before. */
  readonly retentionTimes: number
  readonly actions: readonly { readonly at: number; readonly kind: ServerEdgeKind }[]
}

/** So many histories have some of it. */
const SHARE = 0.45

export function serverEdgesOf(seed: number, spanMs: number, worlds: Worlds): ServerEdges | undefined {
  const random = randomOf(seed, 41)
  const hasEdges = random.chance(SHARE)
  if (worlds === 'plain' || isServerStage(worlds) || (isAnyWorld(worlds) && !hasEdges)) return undefined
  const actions: { readonly at: number; readonly kind: ServerEdgeKind }[] = []
  const act = (kind: ServerEdgeKind, at = timeOf(random, spanMs)) => actions.push({ at, kind })
  const showsFirst = random.chance(0.4)
  if (showsFirst) for (let count = random.between(1, 3); count > 0; count--) act('power loss')
  const lost = random.pick([undefined, undefined, 'empty store', 'restored store'] as const)
  if (lost !== undefined) {
    const at = timeOf(random, spanMs)
    if (lost === 'restored store') act('backup', at * random.pick([0.2, 0.5, 0.9]))
    act(lost, at)
  }
  const retentionTimes = random.pick([1, 1, 2, 0.5])
  if (retentionTimes !== 1) act('other retention', spanMs * random.pick([0.3, 0.5]))
  for (const kind of [
    'stranger sends',
    'stranger asks',
    'stranger seals',
    'half a body',
    'malformed body',
  ] as const)
    if (random.chance(0.3)) act(kind)
  const ends = EDGE_ENDS.filter(() => random.chance(0.3))
  return { ends, showsFirst, retentionTimes, actions }
}

function isAnyWorld(worlds: Worlds): boolean {
  return worlds === 'all' || worlds === 'outbox'
}

/** Soon after the beginning, or anywhere. */
function timeOf(random: Random, spanMs: number): number {
  return Math.floor(
    random.pick([0, 0, 0.3, 0.8]) * spanMs + random.between(0, random.pick([200, 3_000, 12_000])),
  )
}
