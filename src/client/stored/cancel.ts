import type { SealReading } from '../../core/answers/cancel-answer.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import { whyExpired } from '../../core/record/key-horizon.ts'
import type { Told } from '../../core/record/transition.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import { transition } from '../../core/record/transition.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { isAskedForTime } from '../../core/run/next-step.ts'
import { mayHaveExecuted } from '../../core/record/outcome.ts'
import { isClaimable } from '../../engine/run/claim.ts'
import type { End } from '../../engine/run/end.ts'
import { configured, settledEnd, stopped, storeEnd } from '../../engine/run/end.ts'
import { RunContext } from '../../engine/run/run-context.ts'
import { faultToAsk } from '../../engine/run/target-check.ts'
import { causeOf } from '../../engine/stored/journal.ts'
import { isTombstone, neverSent } from '../../core/record/tombstone.ts'
import { changeRecord } from '../../engine/stored/changes.ts'
import { requestSeal } from '../../engine/ask/seal.ts'
import { failureOf, resultOf } from '../../engine/answer/server-response.ts'
import { resultOfData } from '../../engine/answer/result-from-data.ts'
import { hearThrown } from '../../guards/synchronous.ts'
import { configurationError, isOperationError } from '../../public/errors.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { patientJournal } from './patient-journal.ts'
import { settledFrom } from '../settled.ts'
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
  const x = new RunContext({
    engine: core.engine,
    plan,
    identity: operation.identity,
    openJournal: () => patientJournal(core, operation),
    operationId: operation.operationId,
    mode: 'ask',
    scopeNow: context.scopeNow,
    onChange: () => {},
  })
  const abort = () => {
    hearThrown(signal?.reason)
    x.requestStop('aborted')
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
    return await settledFrom<Output>(storeEnd(x, error), {
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
async function seal(x: RunContext, context: OperationContext, operation: Named): Promise<End> {
  const { plan, core } = context
  await look(x)
  if (x.record === undefined || isTombstone(x.record)) await stopBeforeItsFirst(x, context, operation)
  // A run in another process may be about to write its first attempt ahead: it finds this instead.
  x.storeTold = false
  await changeRecord(x.journal, record =>
    record === undefined || isTombstone(record)
      ? neverSent(record, x.identity, core.engine.runtime.now())
      : undefined,
  )
  x.record = x.journal.stored
  x.storeTold = true
  if (x.record === undefined) throw new Error('what was sealed is stored')
  if (x.record.state === 'succeeded' || x.record.state === 'failed') return settledEnd(x)
  if (plan.cancel === undefined || x.stopRequest !== undefined)
    return stopped(x, 'aborted', 'the caller aborted')
  const elsewhere = faultToAsk(x)
  if (elsewhere !== undefined) return stopped(x, 'unresolved', elsewhere)
  // A server that has forgotten the key would seal it as one that was never used, and say so to whoever asks.
  const expired = mayHaveExecuted(x.record) ? whyExpired(x.record, x.horizon, x.clocks) : undefined
  if (expired !== undefined)
    return stopped(
      x,
      'key-expired',
      `sealing the key proves nothing, because the server may have forgotten it${expired}`,
    )
  const asks = { hasStatus: plan.status !== undefined, horizon: x.horizon }
  if (isAskedForTime(x.record, x.progress, asks, x.clocks))
    return stopped(
      x,
      'unresolved',
      'the clocks disagree about how old the key is: `settle` asks the server, whose answer tells the time, and then it can be cancelled',
    )
  const { key } = x.record
  const { reading, answer } = await requestSeal(x, plan.cancel)
  x.lastAnswer = answer
  if (reading.kind === 'inconclusive') {
    const code = x.stopRequest === undefined ? 'unresolved' : 'aborted'
    // Asking took time, in which a run may have come and gone.
    await look(x)
    if (x.record === undefined || isTombstone(x.record))
      return { ...stopped(x, 'forgotten', 'its record was dropped meanwhile'), outcome: 'unknown' }
    if (!isOpen(x.record)) {
      x.recalled = true
      return settledEnd(x)
    }
    const end = stopped(x, code, reading.reason)
    // Whoever holds it, here or elsewhere, may be about to send.
    const isHeld = core.liveRun(operation.liveKey)?.isJoinable === true || !isClaimable(x, x.record)
    return isHeld && end.outcome === 'not-executed' ? { ...end, outcome: 'unknown' } : end
  }
  if (reading.kind === 'processing') {
    await keepAtWork(x, key)
    core.liveRun(operation.liveKey)?.execution.lookAgain()
    return {
      ...stopped(x, 'still-processing', 'the server is at work: it is too late to cancel'),
      outcome: 'unknown',
    }
  }
  const told = toldBy(x, reading, answer)
  await changeRecord(x.journal, record =>
    record?.key === key ? learnt(record, told, core.engine.runtime.now()) : undefined,
  )
  if (x.journal.stored?.key !== key) {
    return {
      ...stopped(x, 'forgotten', 'another generation had begun before its seal was stored'),
      outcome: 'unknown',
    }
  }
  x.record = x.journal.stored
  const live = core.liveRun(operation.liveKey)
  if (told.kind === 'executed') live?.execution.lookAgain()
  else live?.stop('sealed')
  return x.mistake === undefined ? settledEnd(x) : configured(x, x.mistake)
}

/** For whoever is at it, here or elsewhere: after this a "not found" proves nothing. */
async function keepAtWork(x: RunContext, key: string): Promise<void> {
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
async function stopBeforeItsFirst(x: RunContext, context: OperationContext, operation: Named): Promise<void> {
  const { core } = context
  const live = core.liveRun(operation.liveKey)
  if (live === undefined || live.execution.mode === 'ask') return
  live.stop('sealed')
  await core.awaitRelease(live, x)
  await look(x)
}

/** What was read before says nothing of what is stored by now. */
async function look(x: RunContext): Promise<void> {
  x.storeTold = false
  x.record = await x.journal.read()
  x.storeTold = true
}

function toldBy(
  x: RunContext,
  reading: Extract<SealReading, { kind: 'sealed' | 'executed' }>,
  answer: Answer | undefined,
): Told {
  if (reading.kind === 'sealed') {
    const reason = 'it was cancelled: the server refuses its key from now on'
    const failure =
      answer === undefined ? { code: 'sealed' as const, reason } : failureOf(answer, 'sealed', reason)
    return { kind: 'not-executed', failure }
  }
  const body = answer === undefined ? undefined : resultOf(answer, true)
  return {
    kind: 'executed',
    result: reading.form === 'data' ? resultOfData(x, 'cancel.read.data', reading.data) : body,
  }
}

function learnt(record: OperationRecord, told: Told, nowAt: number): OperationRecord {
  return transition(record, { kind: 'learn', told }, nowAt)
}
