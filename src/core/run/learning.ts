import type { Answer, Refusal } from '../answers/evidence.ts'
import { failureOf, ownResultOf } from '../record/stored-answer.ts'
import { judge } from '../answers/verdict.ts'
import type { JudgeContext, Verdict } from '../answers/verdict-kinds.ts'
import { alarm } from './duplicate-alarm.ts'
import { afterEvent, isProven, onCourse } from './knowledge.ts'
import type { Next } from './next.ts'
import { next, stay, announce, turn } from './next.ts'
import type { Budget } from './retry-budget.ts'
import { afterAnsweredAsk, afterFailedAsk, afterFailedSend, afterSuccess } from './retry-budget.ts'
import type { Command } from './run-commands.ts'
import type { Now, ObservedSend, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import { afterAttempt } from './run-progress.ts'
import type { FlightState, RunKnowledge, RunState } from './run-state.ts'

/* What attempts teach: their evidence is taken into the record (in memory), the progress and the budget. */

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>

type Learnt = {
  readonly knows: RunKnowledge
  readonly verdict: Verdict
  readonly commands: readonly Command[]
}

/** Takes in one attempt's evidence. */
export function observe(
  before: RunKnowledge,
  event: ObservedSend,
  as: FlightState['as'],
  now: Now,
  policy: RunPolicy,
): Learnt {
  const { record } = before
  if (record === undefined) throw new Error('an attempt was observed without a record')
  const told = event.evidence
  const context = contextOf(before, event, policy)
  const verdict = judge(told, context)
  const answer = told.kind === 'answer' ? told : undefined
  const poll =
    answer === undefined
      ? undefined
      : (event.poll ?? (verdict.kind === 'processing' ? event.ownMonitor : undefined))
  const statusUrl = poll === undefined || poll.url.includes('?') ? undefined : poll.url
  const isReadable = verdict.kind === 'succeeded' && verdict.result === 'readable'
  // Once a success is proven, the answer to a second reading is no evidence against it. The first answer stays.
  const isTold = answer !== undefined && (record.state !== 'succeeded' || verdict.kind === 'succeeded')
  const learnt = afterEvent(
    isTold ? onCourse(before, { lastAnswer: answer }) : before,
    {
      kind: 'observe',
      verdict,
      transportResends: answer !== undefined && hasUnseenSuccess(event, context, verdict),
      firstSentServerAt: now.clocks.firstSentServerAt,
      serverOffsetMs: event.serverOffsetMs,
      result:
        isReadable && answer !== undefined
          ? ownResultOf(answer, verdict.replayed, policy.keepResponseHeaders)
          : undefined,
      failure:
        'conclusive' in verdict && answer !== undefined
          ? failureOf(
              answer,
              verdict.kind === 'conflict' ? 'conflict' : 'rejected',
              verdict.reason,
              policy.keepResponseHeaders,
            )
          : undefined,
      statusUrl,
      statusIsMonitor: statusUrl !== undefined && poll?.isMonitor === true ? true : undefined,
    },
    now,
    policy,
  )
  const progress = afterAttempt(learnt.course.progress, {
    verdict,
    status: answer?.status,
    retryAfterMs: answer === undefined ? undefined : event.retryAfterMs,
    poll,
    resourceUrl: poll?.isMonitor === true && answer !== undefined ? event.resourceUrl : undefined,
    foreign: answer === undefined ? undefined : event.foreign,
    asPoll: as === 'poll',
    ambiguous: learnt.record !== undefined && learnt.record.ambiguous > record.ambiguous,
    endedAt: now.ms,
  })
  // The hook took the answer for something else, but the answer still shows that the server knows of the operation. The
  // progress keeps that, because the record alone may lose it: a write that began before this answer holds only what
  // was known then.
  const isKnownThere =
    verdict.kind === 'processing' ||
    (context.hook !== undefined && judge(told, { ...context, hook: undefined }).kind === 'processing')
  return {
    verdict,
    knows: {
      ...onCourse(learnt, { progress: isKnownThere ? { ...progress, isKnownThere } : progress }),
      mistake: event.mistake ?? learnt.mistake,
      recalled: learnt.recalled || wasDoneBefore(verdict),
    },
    commands: [
      ...budgetAfter(verdict, answer, as, now),
      announce({
        type: 'answer',
        attempt: record.attempts,
        status: answer?.status,
        verdict: verdict.kind,
        reason: verdict.reason,
      }),
    ],
  }
}

/** Whether an earlier request made what the answer confirms, and the answer has no result that could carry the mark. */
function wasDoneBefore(verdict: Verdict): boolean {
  return verdict.kind === 'succeeded' && verdict.replayed && verdict.result !== 'readable'
}

/** Takes in the evidence of a send under the key of an earlier generation. Only a success matters, as an alarm. */
export function observeOther(
  knows: RunKnowledge,
  event: ObservedSend,
  generation: number,
  policy: RunPolicy,
): readonly [RunKnowledge, readonly Command[]] {
  const { record } = knows
  const told = event.evidence
  if (record === undefined || told.kind !== 'answer') return [knows, []]
  return judge(told, contextOf(knows, event, policy)).kind === 'succeeded'
    ? alarm(knows, record, generation)
    : [knows, []]
}

/** Takes in an attempt that brought nothing back, because the gate let nothing through. */
export function observeRefusal(
  knows: RunKnowledge,
  evidence: Refusal,
  as: FlightState['as'],
  now: Now,
  policy: RunPolicy,
): Learnt {
  const event: ObservedSend = {
    type: 'observed',
    evidence,
    foreignHeads: 0,
    context: { sameBytes: true, conditional: false, unseenCopies: false, acceptsHtml: false },
    isDeliveredOnce: true,
    wantsText: false,
    hook: undefined,
    mistake: undefined,
    poll: undefined,
    ownMonitor: undefined,
    resourceUrl: undefined,
    foreign: undefined,
    retryAfterMs: undefined,
    serverOffsetMs: undefined,
  }
  return observe(knows, event, as, now, policy)
}

function budgetAfter(
  verdict: Verdict,
  answer: Answer | undefined,
  as: FlightState['as'],
  { budget }: Now,
): readonly Command[] {
  if (verdict.kind === 'succeeded') return changedBudget(budget, afterSuccess(budget))
  if (answer !== undefined && answer.status < 500) return changedBudget(budget, afterAnsweredAsk(budget))
  return changedBudget(budget, as === 'poll' ? afterFailedAsk(budget) : afterFailedSend(budget))
}

const NOTHING: readonly Command[] = []

/** A full budget, the usual case, does not change. */
function changedBudget(before: Budget, after: Budget): readonly Command[] {
  return after === before ? NOTHING : [{ do: 'budget', budget: after }]
}

function contextOf(knows: RunKnowledge, event: ObservedSend, policy: RunPolicy): JudgeContext {
  const { record, course } = knows
  const { sameBytes, conditional, unseenCopies, acceptsHtml, takesOtherData } = event.context
  return {
    sameBytes,
    conditional,
    unseenCopies,
    acceptsHtml,
    takesOtherData,
    profile: policy.profile,
    wantsData: policy.wantsData,
    hasHook: policy.hasHook,
    sentBefore: (record?.sent ?? 0) > 0,
    ambiguousBefore: (record?.ambiguous ?? 0) > 0 || record?.state === 'processing',
    askedAgain: course.progress.askedAgain,
    unsureBefore: course.progress.unsureCount + (policy.look?.refusedBefore ?? 0),
    wantsText: event.wantsText,
    hook: event.hook,
  }
}

/**
 * Whether another delivery of the answered request may have executed. Some verdicts hold for every delivery, which
 * excludes that.
 */
function hasUnseenSuccess(event: ObservedSend, context: JudgeContext, verdict: Verdict): boolean {
  if ('everyDelivery' in verdict || !context.unseenCopies) return false
  // Under an honoured key, a request that a proxy repeats gets the same answer again.
  return !context.profile.honoursKeys || !event.isDeliveredOnce
}

/**
 * Takes in an answer whose attempt was given up. The answer counts in two ways only: as a proof of success, which is
 * never lost, and as a sign that the key has arrived, after which a "not found" is no proof.
 */
export function heardLate(state: RunState, event: EventOf<'late-answer'>, now: Now, policy: RunPolicy): Next {
  const { knows } = state
  const { record, course } = knows
  if (record === undefined || isProven(knows) || state.does.name === 'ended') return stay(state)
  const { answer, key, generation } = event
  const verdict = judge(answer, contextOf(knows, event.observed, policy))
  if (verdict.kind === 'processing' && record.key === key)
    return stay(state, onCourse(knows, { progress: { ...course.progress, isKnownThere: true } }))
  if (verdict.kind !== 'succeeded') return stay(state)
  // Another runner stored the success before. Now this run's own evidence proves it too.
  if (record.state === 'succeeded' && record.key === key) return stay(state, { ...knows, proof: 'stands' })
  // The run has gone on to another generation, about which this answer proves nothing.
  if (record.key !== key) {
    const [alarmed, commands] = alarm(knows, record, generation)
    return next(alarmed, state.does, ...commands)
  }
  const result =
    verdict.result === 'readable'
      ? ownResultOf(answer, verdict.replayed, policy.keepResponseHeaders)
      : undefined
  const proven = afterEvent(
    onCourse(knows, { lastAnswer: answer }),
    { kind: 'learn', told: { kind: 'executed', result } },
    now,
    policy,
  )
  const recalled = proven.recalled || wasDoneBefore(verdict)
  return keptSoon({ ...state, knows: { ...proven, recalled, proof: 'late' } })
}

/** Writes a proof down as soon as the store is free: a timed wait ends at once, other work ends first. */
function keptSoon(state: RunState): Next {
  const { does, knows } = state
  if (does.name !== 'resting' && does.name !== 'offline' && does.name !== 'waiting-for-other')
    return stay(state)
  return turn(knows, { do: 'wake' })
}
