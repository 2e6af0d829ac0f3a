import { isOfAnotherLine, isOfAnotherPayload } from '../../core/run/finding.ts'
import type { OperationRecord, StoredFailure, SucceededRecord } from '../../core/record/operation-record.ts'
import { factOf, transition } from '../../core/record/transition.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { mayHaveExecuted } from '../../core/record/outcome.ts'
import { loseClaim, newLease, rememberLease } from './claim.ts'
import type { End } from './end.ts'
import { settledEnd, stopped } from './end.ts'
import type { RunContext } from './run-context.ts'
import { causeOf } from '../stored/journal.ts'
import { isTombstone } from '../../core/record/tombstone.ts'
import { LONGEST_RESULT } from '../answer/server-response.ts'

/*
 * Writing down what was learnt.
 *
 *   executed       must reach the store, or a fact of it; but the callers get it whether it does or not.
 *                  Another runner wrote first: merged into the same generation, an alarm for another one.
 *   failed         counts only if this runner still held the operation; else the other's word is the truth.
 *   processing     kept at once: where to ask is worth more than a write.
 *   other doubts   ride along with the next write: until then the attempt that is marked as in flight says
 *                  the same to anyone who takes over.
 */

/** After each attempt or ask: keeps what must not be lost if the process dies now. */
export function keep(x: RunContext): Promise<void> | undefined {
  const { record } = x
  if (record === undefined) return undefined
  switch (record.state) {
    case 'succeeded':
      return keepSuccess(x, record)
    case 'failed':
      return keepFailure(x, record)
    case 'processing':
      return x.journal.stored?.state === 'processing' ? undefined : keepOpen(x, record)
    case 'pending':
      // Back from processing, or proof that ambiguous attempts came to nothing.
      return x.journal.stored?.state === 'processing' ? keepOpen(x, record) : undefined
    default:
      return record satisfies never
  }
}

async function keepOpen(x: RunContext, record: OperationRecord): Promise<void> {
  if (!x.holding) return
  const begunMs = x.engine.runtime.monotonic()
  const lease = newLease(x)
  try {
    const written = await x.write({ ...record, lease } as OperationRecord)
    if (written === undefined) return loseClaim(x)
    x.record = written
    rememberLease(x, lease, begunMs)
  } catch (error) {
    x.emit({ type: 'store-failed', doing: 'renew', cause: causeOf(error) })
  }
}

async function keepSuccess(x: RunContext, success: SucceededRecord): Promise<void> {
  if (x.outrun === success.key || isKept(x.journal.stored, success)) return
  let reduced = (success.result?.text.length ?? 0) > LONGEST_RESULT
  let record = reduced ? (factOf(success) as SucceededRecord) : success
  for (;;) {
    try {
      const written = await x.write(record)
      if (written !== undefined) {
        x.record = reduced ? success : written
        return
      }
      const { stored } = x.journal
      if (stored === undefined) return
      if (stored.generation !== record.generation || stored.key !== record.key) {
        // Nothing more of it is written from here: the place is another's now.
        x.outrun = record.key
        x.holding = false
        return alarm(x, stored, record.generation)
      }
      if (isKept(stored, record)) {
        x.record = mergedResult(stored, success)
        return
      }
      // Another runner wrote into the same generation: the proof goes on top of what it wrote.
      const merged = transition(
        stored,
        { kind: 'learn', told: { kind: 'executed', result: record.result } },
        x.engine.runtime.now(),
      )
      if (merged.state !== 'succeeded') return
      record = merged
      // What is too much for the store is still this run's to give.
      x.record = reduced ? { ...merged, result: success.result } : merged
    } catch (error) {
      x.emit({ type: 'store-failed', doing: 'settle', cause: causeOf(error) })
      if (reduced) return
      // The result may be what the store refuses: its fact alone is tried once more.
      reduced = true
      record = factOf(record) as SucceededRecord
    }
  }
}

/** Whether what is stored says all that this record says. */
function isKept(stored: OperationRecord | undefined, record: SucceededRecord): boolean {
  if (stored?.state !== 'succeeded' || stored.key !== record.key) return false
  return stored.result !== undefined || record.result === undefined
}

function mergedResult(stored: OperationRecord, record: SucceededRecord): SucceededRecord {
  return stored.state === 'succeeded' && stored.result !== undefined ? stored : record
}

/** A success of one generation where the store has another: the operation may have been executed twice. */
export function alarm(x: RunContext, stored: OperationRecord, generation: number): void {
  if (x.alarmed === stored.key) return
  x.alarmed = stored.key
  x.emit({
    type: 'late-success',
    generation,
    currentKey: stored.key,
    currentGeneration: stored.generation,
  })
}

async function keepFailure(x: RunContext, record: OperationRecord): Promise<void> {
  if (x.journal.stored?.state === 'failed' && x.journal.stored.key === record.key) return
  try {
    const written = (await x.write(record)) ?? (await writtenOnTop(x, record))
    if (written === undefined) loseClaim(x)
    else x.record = written
  } catch (error) {
    x.emit({ type: 'store-failed', doing: 'settle', cause: causeOf(error) })
    await recheck(x, error, record)
  }
}

/** A write that took nothing from this runner (`clear` shrinks open records) does not take its proof either. */
async function writtenOnTop(x: RunContext, record: OperationRecord): Promise<OperationRecord | undefined> {
  const { stored } = x.journal
  const { runner } = x.engine.writer
  if (stored === undefined || !isOpen(stored) || stored.key !== record.key) return undefined
  const isOurs = stored.lease?.runner === runner && stored.attempts === record.attempts
  return isOurs ? x.write(record) : undefined
}

/**
 * What did not happen could not be stored: it is proof only if the store still shows the operation as ours, and
 * nothing there that a `resume` would send. Then the write is tried once more.
 */
async function recheck(x: RunContext, error: unknown, record: OperationRecord): Promise<void> {
  const before = x.journal.stored?.writer
  try {
    const stored = await x.journal.read()
    x.storeTold = !x.hearsLate()
    if (stored?.writer.runner !== before?.runner || stored?.writer.write !== before?.write)
      return loseClaim(x)
    if (stored === undefined || !mayBeSentOn(x, stored)) return
    const written = await x.write(record)
    if (written === undefined) return loseClaim(x)
    x.record = written
    x.storeTold = true
  } catch {
    x.storeTold = false
    x.lastCause = causeOf(error)
  }
}

/** Whether a `resume` that knows no more than the store would send it. */
function mayBeSentOn(x: RunContext, stored: OperationRecord): boolean {
  if (!isOpen(stored) || stored.request === undefined) return false
  return !mayHaveExecuted(stored) || x.plan.settings.profile.honoursKeys
}

/** Frees the claim with all that was learnt, and says how the run ended in the light of what the store has now. */
export async function letGo(x: RunContext, end: End): Promise<End> {
  const known = holdsOpen(x) ? await release(x, end) : honest(x, end)
  const last = isSaidLate(x, known) ? await lookedForOthers(x, known) : known
  // Whoever is told of a proof that came late may rely on it, even if the process dies now.
  await x.lateWrite
  // A proof that came in while the run was ending is not discarded.
  return x.isProven && last.kind === 'stopped' && last.outcome !== 'executed' ? settledEnd(x) : last
}

/** "Not executed" of what nobody has proven, by a look of a while ago. */
function isSaidLate(x: RunContext, end: End): boolean {
  return end.kind === 'stopped' && end.outcome === 'not-executed' && x.mayHaveBegunElsewhere
}

/** Another runner may have begun meanwhile what this one never wrote. */
async function lookedForOthers(x: RunContext, end: End): Promise<End> {
  const before = x.journal.stored?.writer
  x.storeTold = false
  try {
    const stored = await x.journal.read()
    x.storeTold = !x.hearsLate()
    if (stored?.writer.runner === before?.runner && stored?.writer.write === before?.write)
      return honest(x, end)
    const last = x.record === undefined ? unsure(end) : afterLostRelease(x, end)
    return x.mayGoOn ? unsure(last) : last
  } catch {
    return honest(x, end)
  }
}

function holdsOpen(x: RunContext): boolean {
  return x.holding && x.record !== undefined && isOpen(x.record)
}

async function release(x: RunContext, end: End): Promise<End> {
  const { record } = x
  if (record === undefined || !isOpen(record)) return honest(x, end)
  x.holding = false
  // A generation that was never written ahead leaves no trace, but for what was sent beside the gate.
  if (x.journal.stored?.key !== record.key && !mayHaveExecuted(record)) return end
  // What callers were told did not happen must not happen by itself later: only a new call may send it.
  const drops = end.kind === 'stopped' && end.outcome === 'not-executed' ? ('request' as const) : undefined
  const released = transition(record, { kind: 'release', drops }, x.engine.runtime.now())
  try {
    const written = await x.write(released)
    if (written === undefined) {
      x.emit({ type: 'claim-lost' })
      return afterLostRelease(x, end)
    }
    x.record = written
    x.ownLease = undefined
    // It may have been free all the while that its acknowledgement took.
    return x.hearsLate() ? await lookedAtAgain(x, written, end) : end
  } catch (error) {
    x.emit({ type: 'store-failed', doing: 'release', cause: causeOf(error) })
    if (end.kind === 'stopped' && end.outcome === 'not-executed') await recheck(x, error, released)
    return honest(x, end)
  }
}

/** What is said of an operation that was let go a while ago is of what is stored now. */
async function lookedAtAgain(x: RunContext, released: OperationRecord, end: End): Promise<End> {
  x.storeTold = false
  try {
    const stored = await x.journal.read()
    x.storeTold = !x.hearsLate()
    const { runner, write } = released.writer
    return stored?.writer.runner === runner && stored.writer.write === write
      ? honest(x, end)
      : afterLostRelease(x, end)
  } catch {
    return honest(x, end)
  }
}

/** Somebody wrote while this run was ending: what they wrote decides, and a proof of theirs is a proof. */
function afterLostRelease(x: RunContext, end: End): End {
  const { stored } = x.journal
  // Where it was free another run may have executed it before it was dropped.
  const known = x.isHeld ? end : unsure(end)
  if (stored === undefined || isOfAnotherLine(stored, x.seen)) return dropped(known, 'its record was dropped')
  if (isTombstone(stored)) return dropped(known, 'it was forgotten')
  // The next generation, with another payload: not what these callers asked for.
  if (stored.key !== x.record?.key && stored.fingerprint !== x.record?.fingerprint)
    return dropped(known, 'another generation has begun')
  // Why this run stopped was about the key of before.
  if (
    isOpen(stored) &&
    stored.key !== x.record?.key &&
    known.kind === 'stopped' &&
    known.code !== 'aborted'
  ) {
    x.record = stored
    return { ...known, code: 'unresolved', reason: 'another generation has begun', outcome: 'unknown' }
  }
  x.record = stored
  // Its result is that of what others asked for (P5).
  if (stored.state === 'succeeded' && isOfAnotherPayload(stored, x.payload?.fingerprint))
    return stopped(x, 'payload-mismatch', 'the operation was begun with another payload')
  if (stored.state === 'succeeded') return settledEnd(x)
  if (stored.state === 'failed') return whyFailed(x, stored.failure, end)
  return honest(x, end)
}

function unsure(end: End): End {
  return end.kind === 'stopped' && end.outcome === 'not-executed' ? { ...end, outcome: 'unknown' } : end
}

/** What was dropped may have been executed: its outcome is the one that this run knew. */
function dropped(end: End, reason: string): End {
  return end.kind === 'stopped' ? { ...end, code: 'forgotten', reason } : end
}

function whyFailed(x: RunContext, { code, reason }: StoredFailure, end: End): End {
  if (end.kind !== 'stopped') return end
  return code === 'sealed' ? stopped(x, code, reason) : settledEnd(x)
}

/** "Not executed" is said only where the store's last word allows it. */
function honest(x: RunContext, end: End): End {
  if (end.kind === 'failed' && !x.storeTold) {
    return stopped(
      x,
      'store-failed',
      'the server refused it, but the store could neither keep that nor confirm it',
    )
  }
  if (end.kind !== 'stopped' || end.outcome !== 'not-executed') return end
  return { ...end, outcome: x.outcome }
}
