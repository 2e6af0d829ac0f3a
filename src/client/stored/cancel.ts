import type { SealReading } from '../../core/answers/cancel-answer.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import { whyExpired } from '../../core/record/key-horizon.ts'
import type { Told } from '../../core/record/transition.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import { transition } from '../../core/record/transition.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { isAskedForTime } from '../../core/run/next-step.ts'
import { mayHaveExecuted } from '../../core/record/outcome.ts'
import type { End } from '../../core/run/end.ts'
import { Sealing } from '../../engine/run/sealing.ts'
import { causeOf } from '../../engine/stored/journal.ts'
import { isTombstone, neverSent } from '../../core/record/tombstone.ts'
import { changeRecord } from '../../engine/stored/changes.ts'
import { requestSeal } from '../../engine/ask/seal.ts'
import { failureOf, resultOf } from '../../core/record/stored-answer.ts'
import { resultOfData } from '../../engine/answer/result-from-data.ts'
import { hearThrown } from '../../guards/synchronous.ts'
import type { OperationError } from '../../public/errors.ts'
import { configurationError, isOperationError } from '../../public/errors.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { patientJournal } from './patient-journal.ts'
import { settledFrom } from '../settled.ts'
import { awaitRelease } from '../start-run.ts'
import type { Settled } from '../settled.ts'

/** Seals the key at the server: a proven `not-executed`, or `executed` if it was too late. */
export async function cancel<Output>(
  context: OperationContext,
  operation: Named,
  signal: AbortSignal | undefined,
): Promise<Settled<Output>> {
  const { core, plan, schema } = context
  if (plan.cancel === undefined)
    throw configurationError(`operation(${plan.name}).cancel`, 'is needed to cancel')
  const { engine } = core
  const { identity, operationId } = operation
  const x = new Sealing(
    { engine, plan, identity, operationId, scopeNow: context.scopeNow },
    patientJournal(core, operation),
  )
  const abort = () => {
    hearThrown(signal?.reason)
    x.abort()
  }
  signal?.addEventListener('abort', abort)
  if (signal?.aborted === true) abort()
  try {
    const end = await seal(x, context, operation)
    const { parseJson } = core.engine.transport
    return await settledFrom<Output>(end, {
      ...operation,
      schema,
      parseJson,
      answer: x.lastAnswer,
      record: x.record,
    })
  } catch (error) {
    if (isOperationError(error)) throw error
    return await settledFrom<Output>(x.storeFailed(error), {
      ...operation,
      schema,
      answer: undefined,
      record: x.record,
    })
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** Asks for the seal, and writes down what the server said: the proof, or that it was too late. */
async function seal(x: Sealing, context: OperationContext, operation: Named): Promise<End> {
  const { plan, core } = context
  await x.look()
  if (x.record === undefined || isTombstone(x.record)) await stopBeforeItsFirst(x, context, operation)
  // A run in another process may be about to write its first attempt ahead: it finds this instead.
  x.isStoreTold = false
  await changeRecord(x.journal, record =>
    record === undefined || isTombstone(record)
      ? neverSent(record, x.identity, core.engine.runtime.now())
      : undefined,
  )
  x.record = x.journal.stored
  x.isStoreTold = true
  if (x.record === undefined) throw new Error('what was sealed is stored')
  if (x.record.state === 'succeeded' || x.record.state === 'failed') return x.settled()
  if (plan.cancel === undefined || x.stopRequest !== undefined)
    return x.stoppedWith('aborted', 'the caller aborted')
  const elsewhere = x.faultToAsk
  if (elsewhere !== undefined) return x.stoppedWith('unresolved', elsewhere.reason, elsewhere.advice)
  // A server that has forgotten the key would seal it as one that was never used, and say so to whoever asks.
  const expired = mayHaveExecuted(x.record) ? whyExpired(x.record, x.horizon, x.clocks) : undefined
  if (expired !== undefined)
    return x.stoppedWith(
      'key-expired',
      `a cancel proves nothing, because the server may have forgotten the key${expired}`,
    )
  const asks = { hasStatus: plan.status !== undefined, horizon: x.horizon }
  if (isAskedForTime(x.record, x.progress, asks, x.clocks))
    return x.stoppedWith('unresolved', 'the clocks disagree about how old the key is', 'settle-then-cancel')
  const { key } = x.record
  const { reading, answer } = await requestSeal(x, plan.cancel)
  x.lastAnswer = answer
  if (reading.kind === 'inconclusive') {
    const code = x.stopRequest === undefined ? 'unresolved' : 'aborted'
    // Asking took time, in which a run may have come and gone.
    await x.look()
    if (x.record === undefined || isTombstone(x.record))
      return { ...x.stoppedWith('forgotten', 'the record was dropped meanwhile'), outcome: 'unknown' }
    if (!isOpen(x.record)) {
      x.isRecalled = true
      return x.settled()
    }
    const end = x.stoppedWith(code, reading.reason, 'cancel-again')
    // Whoever holds it, here or elsewhere, may be about to send.
    const isHeld = core.liveRun(operation.liveKey)?.isJoinable === true || !x.isFree(x.record.lease)
    return isHeld && end.outcome === 'not-executed' ? { ...end, outcome: 'unknown' } : end
  }
  if (reading.kind === 'processing') {
    await keepAtWork(x, key)
    core.liveRun(operation.liveKey)?.lookAgain()
    return {
      ...x.stoppedWith('still-processing', 'the server is at work: it is too late to cancel'),
      outcome: 'unknown',
    }
  }
  const { told, mistake } = toldBy(x, reading, answer)
  await changeRecord(x.journal, record =>
    record?.key === key ? learnt(record, told, core.engine.runtime.now()) : undefined,
  )
  if (x.journal.stored?.key !== key) {
    return {
      ...x.stoppedWith(
        'forgotten',
        'the operation was begun again with a new key before the cancel was stored',
      ),
      outcome: 'unknown',
    }
  }
  x.record = x.journal.stored
  const live = core.liveRun(operation.liveKey)
  if (told.kind === 'executed') live?.lookAgain()
  else live?.stop('sealed')
  if (mistake === undefined) return x.settled()
  return { ...x.stoppedWith('configuration', mistake.message), cause: mistake.cause }
}

/** For whoever is at it, here or elsewhere: after this a "not found" proves nothing. */
async function keepAtWork(x: Sealing, key: string): Promise<void> {
  const { runtime } = x.engine
  try {
    await changeRecord(x.journal, record =>
      record?.key === key && record.state === 'pending' && mayHaveExecuted(record)
        ? learnt(record, { kind: 'processing' }, runtime.now())
        : undefined,
    )
  } catch (error) {
    // What was said stays said, stored or not.
    x.emit({ type: 'store-failed', doing: 'settle', cause: causeOf(error) })
  }
}

/** A run that is about to write its first attempt ahead is stopped, and what it has done by then is read. */
async function stopBeforeItsFirst(x: Sealing, context: OperationContext, operation: Named): Promise<void> {
  const { core } = context
  const live = core.liveRun(operation.liveKey)
  if (live === undefined || live.mode === 'ask') return
  live.stop('sealed')
  await awaitRelease(live, x)
  await x.look()
}

function toldBy(
  x: Sealing,
  reading: Extract<SealReading, { kind: 'sealed' | 'executed' }>,
  answer: Answer | undefined,
): { readonly told: Told; readonly mistake?: OperationError | undefined } {
  if (reading.kind === 'sealed') {
    const reason = 'the operation was cancelled: the server refuses its key from now on'
    const failure =
      answer === undefined ? { code: 'sealed' as const, reason } : failureOf(answer, 'sealed', reason)
    return { told: { kind: 'not-executed', failure } }
  }
  if (reading.form !== 'data')
    return { told: { kind: 'executed', result: answer === undefined ? undefined : resultOf(answer, true) } }
  const { result, mistake } = resultOfData(x, 'cancel.read.data', reading.data)
  return { told: { kind: 'executed', result }, mistake }
}

function learnt(record: OperationRecord, told: Told, nowAt: number): OperationRecord {
  return transition(record, { kind: 'learn', told }, nowAt)
}
