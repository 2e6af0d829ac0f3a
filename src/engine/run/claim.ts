import { isOfAnotherLine } from '../../core/run/finding.ts'
import { isFree, leaseMs, renewAfterMs } from '../../core/record/lease.ts'
import type { Lease } from '../../core/record/lease.ts'
import type { OpenRecord } from '../../core/record/operation-record.ts'
import { transition } from '../../core/record/transition.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { pauseForOther } from './wait-for-hint.ts'
import { causeOf } from '../stored/journal.ts'
import { presenceOf } from './presence.ts'
import { isTombstone } from '../../core/record/tombstone.ts'
import { pause } from '../../runtime/runtime.ts'
import type { RunContext } from './run-context.ts'

/*
 * One runner among many. The store's compare-and-set decides; the lease only says whom to wait for:
 *
 *   nothing stored        no claim: the first write-ahead is claim and record in one (see attempt.ts)
 *   free, old or dead     claim by compare-and-set; lost: look again
 *   held by another       wait 50 ms, growing to 1 s, and look again, until the deadline
 *
 * A holder renews within its own waits, never in the background: an attempt is shorter than the lease, and
 * every write-ahead renews.
 */
const FIRST_LOOK_MS = 50
const LAST_LOOK_MS = 1_000

export function newLease(x: RunContext): Lease {
  const { runtime, writer } = x.engine
  return {
    runner: writer.runner,
    until: runtime.now() + leaseMs(x.plan.settings.timeoutMs),
    holder: runtime.holder,
    locked: presenceOf(x.engine).isSeen || undefined,
  }
}

/**
 * Remembers a lease on both clocks. `begunMs` is the monotonic time before it was written. Whether the run holds
 * the operation is not for it to say: while it was written somebody here may have told the outcome.
 */
export function rememberLease(x: RunContext, lease: Lease, begunMs: number): void {
  x.ownLease = { until: lease.until, monotonicUntil: begunMs + leaseMs(x.plan.settings.timeoutMs) }
}

/** Claims an open record for this runner; `lost` where another write came first. Throws StoreFailure. */
export async function claim(x: RunContext, record: OpenRecord): Promise<'held' | 'lost'> {
  const { runtime } = x.engine
  const begunMs = runtime.monotonic()
  const lease = newLease(x)
  const written = await x
    .write(transition(record, { kind: 'claim', lease }, runtime.now()))
    .catch((error: unknown) => {
      x.emit({ type: 'store-failed', doing: 'claim', cause: causeOf(error) })
      throw error
    })
  if (written === undefined) {
    takeStored(x)
    return 'lost'
  }
  x.record = written
  rememberLease(x, lease, begunMs)
  x.holding = true
  x.begunGeneration = written.generation
  const previous = record.lease
  if (previous !== undefined && previous.runner !== lease.runner)
    x.emit({ type: 'taken-over', from: previous.runner })
  x.emit({ type: 'claimed', generation: written.generation })
  return 'held'
}

export function isClaimable(x: RunContext, record: OpenRecord): boolean {
  const { runtime, writer } = x.engine
  const { lease } = record
  const dead = lease?.holder !== undefined && runtime.isDead(lease.holder)
  return isFree(lease, writer.runner, runtime.now(), dead || presenceOf(x.engine).isGone(lease))
}

/** Waits for another runner's next word: `turn` counts the looks so far. */
export async function waitForOther(x: RunContext, turn: number): Promise<void> {
  const delayMs = Math.min(LAST_LOOK_MS, FIRST_LOOK_MS * 2 ** Math.min(turn, 10), Math.max(1, x.remainingMs))
  await pauseForOther(x, delayMs)
}

/** Waits, renewing the lease at each third; ends early when the run is stopped or the claim is lost. */
export async function pauseHolding(x: RunContext, delayMs: number): Promise<void> {
  const { runtime } = x.engine
  const endMs = runtime.monotonic() + delayMs
  const sliceMs = renewAfterMs(x.plan.settings.timeoutMs)
  for (;;) {
    const leftMs = endMs - runtime.monotonic()
    if (leftMs <= 0 || x.stopRequest !== undefined || !x.holding) return
    await pause(runtime, Math.min(leftMs, sliceMs), x.waitCue)
    await renewIfDue(x)
  }
}

/** Renews the lease once a third of it has passed. A store that fails now is asked again at the next write. */
export async function renewIfDue(x: RunContext): Promise<void> {
  const { runtime } = x.engine
  if (x.ownLease === undefined || x.record === undefined || !isOpen(x.record)) return
  const { timeoutMs } = x.plan.settings
  const due = leaseMs(timeoutMs) - renewAfterMs(timeoutMs)
  const leftMs = Math.min(x.ownLease.monotonicUntil - runtime.monotonic(), x.ownLease.until - runtime.now())
  if (leftMs > due) return
  const begunMs = runtime.monotonic()
  const lease = newLease(x)
  try {
    const written = await x.write(transition(x.record, { kind: 'claim', lease }, runtime.now()))
    if (written === undefined) {
      loseClaim(x)
      return
    }
    x.record = written
    rememberLease(x, lease, begunMs)
  } catch (error) {
    x.emit({ type: 'store-failed', doing: 'renew', cause: causeOf(error) })
  }
}

/** Another runner wrote: what it stored is the truth now. */
export function loseClaim(x: RunContext): void {
  x.holding = false
  x.ownLease = undefined
  takeStored(x)
  x.emit({ type: 'claim-lost' })
}

/** Where it was dropped the run still tells of the generation that it was about: see acquire.ts. */
function takeStored(x: RunContext): void {
  const { stored } = x.journal
  if (stored !== undefined && !isTombstone(stored) && !isOfAnotherLine(stored, x.seen)) x.record = stored
}
