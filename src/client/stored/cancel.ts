import type { Answer } from '../../core/answers/evidence.ts'
import { carriageOf } from '../../core/record/key-carriage.ts'
import { failureOf, resultOf } from '../../core/record/stored-answer.ts'
import type { CancelReply, CancelCommand, CancelEvent, CancelFacts } from '../../core/stored/cancel-state.ts'
import { beginCancel, cancelStep } from '../../core/stored/cancelling.ts'
import { resultOfData } from '../../engine/answer/result-from-data.ts'
import { requestSeal } from '../../engine/ask/seal.ts'
import type { AskPlan, CancelAnswer } from '../../engine/plan.ts'
import { definitionPath } from '../../engine/plan.ts'
import { Sealing } from '../../engine/run/sealing.ts'
import { changeRecord } from '../../engine/stored/changes.ts'
import { causeOf, faultOf } from '../../engine/stored/journal.ts'
import { hearThrown } from '../../guards/synchronous.ts'
import { configurationError, isOperationError } from '../../public/errors.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { settledFrom } from '../settled.ts'
import { awaitRelease } from '../start-run.ts'
import type { Settled } from '../settled.ts'
import { patientJournal } from './patient-journal.ts'
import { tellChanged } from './store-news.ts'

type Cancelled = Extract<CancelCommand, { do: 'end' }>

/**
 * Seals the key at the server. Resolves with a proven `not-executed`, or with `executed` if the cancel came too late.
 */
export async function cancel<Output>(
  context: OperationContext,
  operation: Named,
  signal: AbortSignal | undefined,
): Promise<Settled<Output>> {
  const { core, plan, schema } = context
  if (plan.cancel === undefined)
    throw configurationError(
      `${definitionPath(plan)}.cancel`,
      'is needed to cancel: give the definition `cancel: { request, read }`',
    )
  const { identity, operationId } = operation
  const engine = core.engineOf(identity.scope)
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
    const { end, about, run } = await performed(x, plan.cancel, context, operation)
    const live = core.liveRun(operation.liveKey)
    if (run === 'looks-again') live?.lookAgain()
    if (run === 'stops') live?.stop('sealed')
    tellChanged(core.engine.store, operation.liveKey)
    const { parseJson } = engine.transport
    return await settledFrom<Output>(end, {
      ...operation,
      runtime: engine.runtime,
      schema,
      honoursKeys: plan.settings.profile.honoursKeys,
      parseJson,
      answer: x.lastAnswer,
      record: about,
    })
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** Executes the commands of the cancel machine (core/stored/cancelling.ts) until its end. */
async function performed(
  x: Sealing,
  plan: AskPlan<CancelAnswer>,
  context: OperationContext,
  operation: Named,
): Promise<Cancelled> {
  let [state, command] = beginCancel
  while (command.do !== 'end') {
    const event = await eventOf(x, command, plan, context, operation)
    if (event.type === 'seen') x.record = event.look.stored
    ;[state, command] = cancelStep(state, event, factsOf(x, context, operation))
  }
  return command
}

async function eventOf(
  x: Sealing,
  command: Exclude<CancelCommand, Cancelled>,
  plan: AskPlan<CancelAnswer>,
  context: OperationContext,
  operation: Named,
): Promise<CancelEvent> {
  try {
    switch (command.do) {
      case 'read':
        await x.journal.read()
        return { type: 'seen', look: x.journal.heard }
      case 'change':
      case 'note':
        await changeRecord(x.journal, command.change)
        return { type: 'seen', look: x.journal.heard }
      case 'stop-run':
        await stopBeforeItsFirst(x, context, operation)
        return { type: 'run-gone' }
      case 'ask':
        return { type: 'answered', came: await asked(x, plan) }
      default:
        return command satisfies never
    }
  } catch (error) {
    if (isOperationError(error)) throw error
    if (command.do === 'note') x.emit({ type: 'store-failed', doing: 'settle', cause: causeOf(error) })
    return { type: 'store-failed', fault: faultOf(error) }
  }
}

/** Stops a run that is about to write its first attempt ahead. */
async function stopBeforeItsFirst(x: Sealing, { core }: OperationContext, operation: Named): Promise<void> {
  const live = core.liveRun(operation.liveKey)
  if (live === undefined || live.mode === 'ask') return
  live.stop('sealed')
  await awaitRelease(live, x)
}

async function asked(x: Sealing, plan: AskPlan<CancelAnswer>): Promise<CancelReply> {
  const { reading, answer } = await requestSeal(x, plan)
  x.lastAnswer = answer
  switch (reading.kind) {
    case 'sealed': {
      const reason = 'the operation was cancelled: the server refuses its key from now on'
      const failure =
        answer === undefined ? { code: 'sealed' as const, reason } : failureOf(answer, 'sealed', reason)
      return { kind: 'proof', told: { kind: 'not-executed', failure } }
    }
    case 'executed': {
      const { result, mistake } =
        reading.form === 'data'
          ? resultOfData(x, 'cancel.read.data', reading.data)
          : { result: resultOfBody(answer), mistake: undefined }
      return { kind: 'proof', told: { kind: 'executed', result }, mistake }
    }
    default:
      return reading
  }
}

function resultOfBody(answer: Answer | undefined) {
  return answer === undefined ? undefined : resultOf(answer, true)
}

function factsOf(x: Sealing, { core, plan }: OperationContext, operation: Named): CancelFacts {
  const { profile } = plan.settings
  const { runtime, writer } = x.engine
  return {
    wallAt: runtime.now(),
    nowAt: x.nowAt,
    ms: runtime.monotonic(),
    clocks: x.clocks,
    identity: x.identity,
    runner: writer.runner,
    honoursKeys: profile.honoursKeys,
    // A getter, because `account` is the user's callback: it is called only when the value counts.
    get aim() {
      return { profile: profile.name, carriage: carriageOf(profile), account: x.account, origin: undefined }
    },
    horizon: x.horizon,
    hasStatus: plan.status !== undefined,
    isAborted: x.stopRequest !== undefined,
    isRunning: core.liveRun(operation.liveKey)?.isJoinable === true,
    isFree: lease => x.isFree(lease),
  }
}
