import type { Worlds } from './edges.ts'
import type { Plan } from './plan.ts'
import { randomOf } from './random.ts'

/*
 * Worlds in which services write an operation down together with rows of their own (`enqueue`), and workers send it: beside
 * all that happens in every world. The transaction may roll back, its process may die before or after the commit, and the
 * operation may be one that was called before, or is called meanwhile.
 */

/** How the transaction ends. */
export const ENQUEUE_ENDS = [
  'commits',
  'rolls back',
  'dies before it commits',
  'dies as it commits',
  'is refused by the database',
] as const
export type EnqueueEnd = (typeof ENQUEUE_ENDS)[number]

/** What the transaction finds of the operation. */
export const ENQUEUED_OVER = [
  'over nothing',
  'over what was never sent',
  'over what was sent, and refused',
  'over what is in doubt',
  'over a key that is too old',
  'over a proven failure',
  'over the same',
  'over another payload',
] as const
export type EnqueuedOver = (typeof ENQUEUED_OVER)[number]

export type Enqueuing = {
  readonly at: number
  readonly slot: number
  readonly op: string
  readonly item: string
  /** From the write of the operation to the end of the transaction. */
  readonly openMs: number
  readonly ends: EnqueueEnd
}

export type Outbox = {
  readonly enqueuings: readonly Enqueuing[]
  /** The slots whose processes have a worker. */
  readonly workers: readonly number[]
}

/** So many histories without edges have an outbox. */
const SHARE = 0.08

/** By a chance of its own: a world that has none stays as it was. */
export function withOutbox(plan: Plan, worlds: Worlds): Plan {
  const random = randomOf(plan.seed, 51)
  const hasOutbox = random.chance(SHARE)
  if (worlds !== 'outbox' && !(worlds === 'all' && hasOutbox)) return plan
  const slots = plan.clocks.length
  const spanMs = plan.healedAt - 5_000
  const enqueuings = Array.from({ length: random.between(1, 6) }, () => ({
    at: Math.floor(random.next() * random.pick([100, 5_000, spanMs])),
    slot: random.between(0, slots - 1),
    op: random.pick(['a', 'a', 'q', 'q', 'r']),
    item: random.chance(0.85) ? 'book' : 'lamp',
    openMs: random.pick([0, 0, 30, 1_500]),
    ends: random.chance(0.4) ? 'commits' : random.pick(ENQUEUE_ENDS),
  }))
  const some = Array.from({ length: slots }, (_, slot) => slot).filter(() => random.chance(0.6))
  return {
    ...plan,
    persist: 'request',
    // A worker acts for all users, with whatever credential: whose it is must not change under it.
    actions: plan.actions.filter(({ kind }) => kind !== 'other user'),
    outbox: { enqueuings, workers: some },
  }
}
