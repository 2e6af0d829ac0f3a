import { factOf, newRecord } from '../core/operation-state.ts'
import { isOpen, lineOf } from '../core/operation-record.ts'
import type { FailedRecord, OpenRecord, OperationRecord, SucceededRecord } from '../core/operation-record.ts'
import { keyFault } from '../core/key-grammar.ts'
import { configurationError } from '../errors.ts'
import { claim, isClaimable, waitForOther } from './claim.ts'
import type { End } from './end.ts'
import { settledEnd, stopCode, stopped } from './end.ts'
import type { Execution } from './execution.ts'
import type { PayloadBytes } from './payload.ts'
import { requestToStore } from './stored-payload.ts'
import { synchronous } from './synchronous.ts'

/*
 * How a run comes to hold its operation, or to an end without holding it:
 *
 *   nothing stored           run: a first generation, in memory until its first write-ahead; else: not executed
 *   nothing stored any more  forgotten: it was dropped by force while this run was at it
 *   one of another line      forgotten: dropped, and another call began where nothing was
 *   succeeded                its result again; only the fact left: ask for the result
 *   failed, seen at once     run: the next generation; else: that failure
 *   failed, after waiting    that failure: it is the one that this run was waiting for
 *   open                     claim it, or wait for the runner that holds it
 *
 * A payload that does not fit the record is refused before anything else is done (P5).
 */
export async function acquire(x: Execution): Promise<'held' | End | undefined> {
  x.enter('claiming')
  for (let looks = 0; ; looks++) {
    const before = x.record
    const record = await x.journal.read()
    x.record = record
    x.storeTold = true
    // Whoever watches this run sees what is stored, and how another runner gets on.
    if (record?.updatedAt !== before?.updatedAt) x.enter('claiming')
    const known =
      record === undefined ? await whereNothingIs(x, before) : await settledOrUnfit(x, record, before, looks)
    if (known !== undefined) return known
    if (record === undefined || !isOpen(record)) throw new Error('only an open record is left to claim')
    if (x.stopRequest !== undefined) return stoppedOutside(x)
    if (isClaimable(x, record)) {
      const claimed = await claim(x, record)
      if (claimed !== 'held') continue
      x.recalled = false
      return 'held'
    }
    if (x.remainingMs <= 0)
      return stopped(x, 'unresolved', 'another runner holds it, and the deadline has passed')
    await waitForOther(x, looks)
    x.recalled = true
  }
}

/** A record that this run saw and that has gone was dropped by force: a new key now could do it twice. */
function whereNothingIs(x: Execution, before: OperationRecord | undefined): Promise<'held' | End> | End {
  return before === undefined ? begin(x, undefined) : droppedMeanwhile(x, before, 'its record was dropped')
}

/** Nobody will find out any more; what is told is of the generation that this run was about. */
function droppedMeanwhile(x: Execution, before: OperationRecord | undefined, reason: string): End {
  x.record = before
  return { ...stopped(x, 'forgotten', reason), outcome: 'unknown' }
}

async function settledOrUnfit(
  x: Execution,
  record: OperationRecord,
  before: OperationRecord | undefined,
  looks: number,
): Promise<'held' | End | undefined> {
  if (x.hasReplaced(record))
    return droppedMeanwhile(x, x.seen, 'its record was dropped, and another has begun')
  if (isOpen(record)) x.seen = record
  if (record.state === 'failed') return afterFailure(x, record, before, looks)
  const mismatch = payloadMismatch(x, record)
  if (mismatch !== undefined) return mismatch
  if (record.state === 'succeeded') return afterSuccess(x, record)
  await compareBytes(x, record)
  return undefined
}

/** A later call starts over; a call that was waiting for this very run gets its failure. */
function afterFailure(
  x: Execution,
  record: FailedRecord,
  before: OperationRecord | undefined,
  looks: number,
): Promise<'held' | End> | End {
  const { code, reason } = record.failure
  // Begun here, ended by another: that is the failure of this very call, as if it had waited for it.
  const isOwn = x.progress.turns > 0 || x.progress.asks > 0 || record.generation >= x.begunGeneration
  const waited = looks > 0 || x.hasWaited || isOwn
  if (waited && code === 'forgotten') return droppedMeanwhile(x, before, reason)
  if (waited && code === 'sealed') return stopped(x, code, reason)
  if (code === 'forgotten' && x.mode !== 'run') return stopped(x, 'unresolved', 'nothing is stored of it')
  if (waited || x.mode !== 'run') return settledEnd(x)
  return begin(x, record)
}

async function afterSuccess(x: Execution, record: SucceededRecord): Promise<'held' | End> {
  x.recalled = true
  if (isRemembered(x, record)) return settledEnd(x)
  if (record.result !== undefined) await dropResult(x, record)
  // Only the fact is left: its result may be asked for, which needs no claim.
  x.record = { ...record, result: undefined }
  if (x.plan.status === undefined) return settledEnd(x)
  x.holding = true
  return 'held'
}

/** Its result is stored, and not older than results are kept. */
export function isRemembered(x: Execution, record: SucceededRecord): boolean {
  const untilAt = record.settledAt + x.plan.settings.rememberMs
  return record.result !== undefined && x.engine.runtime.now() < untilAt
}

/** A result that is remembered no longer leaves the store when it is met; if that fails, the next time. */
async function dropResult(x: Execution, record: SucceededRecord): Promise<void> {
  try {
    await x.journal.write(factOf(record))
  } catch (error) {
    x.emit({ type: 'store-failed', doing: 'settle', cause: error })
  }
}

/** P5, before anything is sent. A record that was only concluded from outside knows no payload. */
function payloadMismatch(x: Execution, record: OperationRecord): End | undefined {
  if (x.payload === undefined || record.fingerprint === '' || record.fingerprint === x.payload.fingerprint)
    return undefined
  return stopped(x, 'payload-mismatch', 'the operation was begun with another payload')
}

/** What was sent before may have been other bytes: then it may not be sent again as it is. */
async function compareBytes(x: Execution, record: OpenRecord): Promise<void> {
  const { payload, plan } = x
  if (payload === undefined) return
  const bytes: PayloadBytes = await payload.bytes(record.key)
  if (bytes.hash === record.bodyHash) return
  if (plan.settings.profile.comparesBytes) x.unfit = 'its bytes are others now, and the server compares bytes'
  else x.emit({ type: 'bytes-changed' })
}

/** The first or the next generation: a fresh key, in memory until it is written ahead. */
async function begin(x: Execution, before: FailedRecord | undefined): Promise<'held' | End> {
  const { payload, plan, identity, engine } = x
  if (x.mode !== 'run' || payload === undefined) return stopped(x, 'unresolved', 'nothing is stored of it')
  if (x.stopRequest !== undefined) return stopped(x, stopCode(x.stopRequest), 'it had not begun')
  const generation = (before?.generation ?? 0) + 1
  const { scope, name, id } = identity
  const key =
    plan.makeKey === undefined
      ? await engine.runtime.createKey()
      : synchronous(plan.makeKey({ scope, name, id, generation }), `operation(${name}).key`)
  const fault = keyFault(key, plan.settings.profile.key.maxLength)
  if (fault !== undefined) throw configurationError(`operation(${name}).key`, fault)
  const bytes = await payload.bytes(key)
  x.record = newRecord({
    v: 1,
    scope,
    name,
    id,
    generation,
    key,
    // What `forget` or `cancel` left has no key, and proves nothing of what was there before.
    line: before === undefined || before.key === '' ? undefined : lineOf(before),
    fingerprint: payload.fingerprint,
    bodyHash: bytes.hash,
    target: payload.target,
    at: engine.runtime.now(),
    request:
      plan.persist === 'request' && engine.transport.addsQuery !== true
        ? requestToStore(plan, payload, bytes)
        : undefined,
  })
  x.begunGeneration = generation
  x.ownLease = undefined
  x.holding = true
  x.recalled = false
  return 'held'
}

function stoppedOutside(x: Execution): End {
  const end = stopped(x, stopCode(x.stopRequest ?? 'aborted'), 'it was stopped before it began here')
  return x.mayGoOn && end.outcome === 'not-executed' ? { ...end, outcome: 'unknown' } : end
}
