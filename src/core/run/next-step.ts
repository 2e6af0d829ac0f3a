import type { Clocks } from '../record/key-horizon.ts'
import { isAgeInDoubt, isKeyExpired, whyExpired } from '../record/key-horizon.ts'
import type {
  OpenRecord,
  OperationRecord,
  ProcessingRecord,
  SucceededRecord,
} from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'
import { mayHaveExecuted } from '../record/outcome.ts'
import { afterRest, askPause, deniedPause, pauseFor, retryPause } from './pauses.ts'
import type { Progress } from './run-progress.ts'
import { afterLook, hasLooked, withLooksBefore } from './one-look.ts'
import { SIGNED_OUT, isSignedOut, isTurnedAway } from './signed-out.ts'
import type { Moment, Step, StepPolicy } from './step.ts'
import { repeatMayTell, wantsAnotherAttempt } from './worth-sending.ts'

/*
 * What a run does next, as a value with its reason:
 *
 *   settled, and its result is known or cannot be got             done
 *   time is up; another account, profile or origin by now         stop
 *   processing                                                    pause, then ask where the server said, else by
 *                                                                 status request, else by sending the same again
 *   pending, nothing that may have executed                       send
 *   something may have executed, and the key's age is in doubt    ask, if there is a way: the answer gives the time
 *   pending, something may have executed                          send the same again under an honoured key,
 *                                                                 else ask, else stop: there is no way
 *
 * Sending comes before asking: under an honoured key one send brings the result itself. If one way fails again and
 * again, the other one takes its turn. The deadline ends the run; `attempts`, if given, ends the sending. This function
 * only plans: the gate checks everything that matters again, immediately before the byte.
 */
/*
 * A run tries everything that may bring the answer until the deadline. Only answers that leave nothing new to find out
 * end it earlier. A request without an answer is never counted among those.
 */
/**
 * A settle stops asking after this many "not found" answers in a row, once it has asked for as long as an attempt may
 * take. By then nothing sent before is still on its way, and asking sends nothing.
 */
const ABSENT_IN_A_ROW = 3
/** After this many failed asks in a row, a run takes the next way to ask. */
const FAILED_IN_A_ROW = 3
/**
 * After each series of this many sends, the server is asked once, if it can be: perhaps only the sending goes wrong.
 */
const SENDS_IN_A_ROW = 4
/**
 * Once execution is proven, each place that may have the lost result is asked for at most this many answers. If none
 * has the result, it is not there.
 */
const RESULT_ANSWERS = 3

export function nextStep(
  record: OperationRecord,
  progress: Progress,
  policy: StepPolicy,
  moment: Moment,
): Step {
  if (record.state === 'failed') return { kind: 'done', reason: record.failure.reason }
  if (record.state === 'succeeded') return forResult(record, progress, policy, moment)
  if (moment.remainingMs <= 0) return outOfTime(record, progress)
  if (policy.elsewhere !== undefined) return { kind: 'stop', code: 'unresolved', ...policy.elsewhere }
  const { look } = policy
  if (look !== undefined && hasLooked(progress))
    return refusalOf(record, progress) ?? afterLook(record, progress, moment)
  const known = look === undefined ? progress : withLooksBefore(progress, look)
  return record.state === 'processing'
    ? whileProcessing(record, known, policy, moment)
    : whilePending(record, known, policy, moment)
}

/** The operation is executed for certain, and only the result is missing. */
function forResult(record: SucceededRecord, progress: Progress, policy: StepPolicy, moment: Moment): Step {
  const step = towardsResult(record, progress, policy, moment)
  // Whatever keeps the result away, the operation is executed, and the run has to say so at its end.
  return step.kind === 'stop' ? { kind: 'done', reason: `executed, but ${step.reason}` } : step
}

function towardsResult(
  record: SucceededRecord,
  progress: Progress,
  policy: StepPolicy,
  moment: Moment,
): Step {
  if (record.result !== undefined) return { kind: 'done', reason: 'executed' }
  if (policy.elsewhere !== undefined)
    return { kind: 'done', reason: `executed, but ${policy.elsewhere.reason}` }
  if (moment.remainingMs <= 0)
    return { kind: 'done', reason: 'executed, and no time is left to read its result' }
  const unreadable =
    progress.last?.kind === 'succeeded' &&
    progress.last.result === 'unreadable' &&
    progress.unreadable <= RESULT_ANSWERS
  const isUrlAsked = progress.resultUrl !== undefined && progress.resultAnswers < RESULT_ANSWERS
  const isStatusAsked = policy.hasStatus && progress.answeredAsks < RESULT_ANSWERS
  const failedReread = progress.last !== undefined && wantsAnotherAttempt(progress)
  if (
    (unreadable || failedReread) &&
    hasAttemptsLeft(progress, policy) &&
    maySend(record, progress, policy, moment) &&
    !((isUrlAsked || isStatusAsked) && isTimeToAsk(progress))
  ) {
    return afterRest(progress, retryPause(progress, policy, moment), moment, {
      kind: 'send',
      as: 'reread',
      reason: 'the answer could not be read: the same key brings it again',
    })
  }
  if (isUrlAsked && !(isStatusAsked && progress.resultAsks >= FAILED_IN_A_ROW)) {
    const ask: Step = { kind: 'ask', at: 'result', reason: 'executed, and its result is at its own URL' }
    // The success named the place of the result, so the first ask needs no pause.
    return progress.resultAsks === 0
      ? ask
      : afterRest(askingRest(progress, moment), askPause(progress, policy, moment), moment, ask)
  }
  if (isStatusAsked) {
    return afterRest(askingRest(progress, moment), askPause(progress, policy, moment), moment, {
      kind: 'ask',
      at: 'status',
      reason: 'executed, but its result is not known here',
    })
  }
  return { kind: 'done', reason: 'executed, but there is no way to get the result' }
}

function whileProcessing(
  record: ProcessingRecord,
  progress: Progress,
  policy: StepPolicy,
  moment: Moment,
): Step {
  const ask = pollStep(record, progress, policy, moment)
  if (ask === undefined) {
    const expired = whyExpired(record, policy.horizon, moment)
    if (expired !== undefined) {
      return {
        kind: 'stop',
        code: 'key-expired',
        reason: `the server is at work, and the key is too old to ask with${expired}`,
      }
    }
    return (
      refusalOf(record, progress) ?? {
        kind: 'stop',
        code: 'still-processing',
        reason: 'the server is at work, and there is no way to ask it',
      }
    )
  }
  if (isSignedOut(progress)) return SIGNED_OUT
  if (isNotFound(progress, policy, moment)) {
    return {
      kind: 'stop',
      code: 'unresolved',
      reason: 'the server does not know the operation (any more, or yet)',
      ...(!policy.honoursKeys && { advice: 'later-or-conclude' }),
    }
  }
  return afterRest(askingRest(progress, moment), askPause(progress, policy, moment), moment, ask)
}

/**
 * How to ask about progress: at the URL that the server named, by the status request, or by sending the same again. If
 * one way fails repeatedly, the next takes its turn.
 */
function pollStep(
  record: ProcessingRecord,
  progress: Progress,
  policy: StepPolicy,
  moment: Moment,
): Step | undefined {
  const named = namedUrl(record, progress, policy, moment)
  const resend = maySend(record, progress, policy, moment) && repeatMayTell(progress.last)
  // An unexplained status counts as progress. The definition's own status request may bring more.
  const isTaken = progress.lastAsk?.kind === 'processing' && progress.lastAsk.isTakenForProgress === true
  const isPuzzled = progress.unknownWord !== undefined && policy.hasStatus && !isTaken
  const ways: Step[] = []
  if (named !== undefined && !isPuzzled)
    ways.push({ kind: 'ask', at: 'poll-url', reason: 'still processing' })
  const isAbsent = progress.lastAsk?.kind === 'absent'
  if (policy.hasStatus && !(isAbsent && resend))
    ways.push({ kind: 'ask', at: 'status', reason: 'still processing' })
  // If no ask brings anything, the same key is sent again as a question: the operation may be waiting for exactly that.
  if (resend)
    ways.push({ kind: 'send', as: 'poll', reason: 'still processing: the same key brings the answer' })
  return ways[Math.floor(progress.failedAsksInARow / FAILED_IN_A_ROW) % ways.length]
}

function whilePending(record: OpenRecord, progress: Progress, policy: StepPolicy, moment: Moment): Step {
  const doubt = mayHaveExecuted(record)
  if (progress.last === undefined && progress.lastAsk === undefined) {
    if (maySend(record, progress, policy, moment))
      return { kind: 'send', as: 'attempt', reason: doubt ? 'taken up again' : 'first attempt' }
    return doubt ? byAsking(record, progress, policy, moment) : stopSending(record, progress, policy, moment)
  }
  if (isTurnedAway(progress)) return stopSending(record, progress, policy, moment)
  const canAsk = doubt && (policy.hasStatus || namedUrl(record, progress, policy, moment) !== undefined)
  const wanted =
    wantsAnotherAttempt(progress) && !isBetterAsked(progress, policy) && !(canAsk && isTimeToAsk(progress))
  if (wanted && hasAttemptsLeft(progress, policy) && maySend(record, progress, policy, moment)) {
    if (!moment.retryAllowed && progress.rested && record.attempts > 0) {
      const pause = deniedPause(progress, policy, moment)
      return pauseFor(pause, moment, 'retry', 'the retry budget is used up', 'denied')
    }
    return afterRest(progress, retryPause(progress, policy, moment), moment, {
      kind: 'send',
      as: 'attempt',
      reason: retryReason(progress),
    })
  }
  return doubt ? byAsking(record, progress, policy, moment) : stopSending(record, progress, policy, moment)
}

/** Whether enough attempts in a row brought nothing, so that the server is asked once instead. */
function isTimeToAsk({ turns, lastAsk }: Progress): boolean {
  return lastAsk === undefined && turns > 0 && turns % SENDS_IN_A_ROW === 0
}

/** Whether the status request, if there is one, is better than another send at explaining a refusal. */
function isBetterAsked({ last, lastAsk }: Progress, policy: StepPolicy): boolean {
  if (lastAsk !== undefined || !policy.hasStatus || last === undefined) return false
  return 'asksAgain' in last && last.hint !== 'retry'
}

/** Something may have executed and may not be sent again, so only the server can answer. */
function byAsking(record: OpenRecord, progress: Progress, policy: StepPolicy, moment: Moment): Step {
  const named = namedUrl(record, progress, policy, moment)
  if (!policy.hasStatus && named === undefined) return stopSending(record, progress, policy, moment)
  if (isSignedOut(progress)) return SIGNED_OUT
  if (isNotFound(progress, policy, moment)) {
    return {
      kind: 'stop',
      code: 'unresolved',
      reason: 'the server does not know the operation (any more, or yet): that proves nothing',
      ...(!policy.honoursKeys && { advice: 'later-or-conclude' }),
    }
  }
  const ask: Step = {
    kind: 'ask',
    at: policy.hasStatus ? 'status' : 'poll-url',
    reason: 'an attempt may have executed',
  }
  return afterRest(askingRest(progress, moment), askPause(progress, policy, moment), moment, ask)
}

function hasAttemptsLeft({ turns }: Progress, { attempts }: StepPolicy): boolean {
  return attempts === undefined || turns < attempts
}

/** Whether the server has answered "not found" to a settle often enough, and for long enough. */
function isNotFound({ absentInARow }: Progress, { mode, horizon }: StepPolicy, { ranMs }: Moment): boolean {
  return mode === 'ask' && absentInARow >= ABSENT_IN_A_ROW && ranMs >= horizon.timeoutMs
}

/** If the budget denies the ask, the run pauses once more. */
function askingRest(progress: Progress, moment: Moment): Progress {
  return { ...progress, rested: progress.rested && moment.askAllowed }
}

/**
 * Whether to ask about the operation before sending, because the answer gives the time that decides whether the key is
 * young or old.
 */
export function isAskedForTime(
  record: OperationRecord,
  progress: Progress,
  policy: Pick<StepPolicy, 'hasStatus' | 'horizon'>,
  clocks: Clocks,
): boolean {
  const canAsk = policy.hasStatus || (progress.pollUrl ?? statusUrlOf(record)) !== undefined
  return canAsk && mayHaveExecuted(record) && isAgeInDoubt(record, policy.horizon, clocks)
}

/** The URL that the server named. After a "not found" there, the URL is asked again only for the time of the answer. */
function namedUrl(
  record: OpenRecord,
  progress: Progress,
  policy: StepPolicy,
  moment: Moment,
): string | undefined {
  const isGone = progress.lastAsk?.kind === 'absent' && !isAskedForTime(record, progress, policy, moment)
  return progress.pollUrl ?? (isGone ? undefined : record.statusUrl)
}

function statusUrlOf(record: OperationRecord): string | undefined {
  return isOpen(record) ? record.statusUrl : undefined
}

/**
 * P8 and P4 as a plan: after an attempt that may have executed, only an honoured key is sent again, and an old key
 * never is.
 */
function maySend(record: OperationRecord, progress: Progress, policy: StepPolicy, moment: Moment): boolean {
  if (policy.mode === 'ask') return false
  // A success that was concluded from outside has no key to send with.
  if (record.state === 'succeeded' && record.key === '') return false
  if (isKeyExpired(record, policy.horizon, moment)) return false
  if (isAskedForTime(record, progress, policy, moment)) return false
  if (record.sent > 0 && policy.unfit !== undefined) return false
  return !mayHaveExecuted(record) || policy.honoursKeys
}

function stopSending(record: OpenRecord, progress: Progress, policy: StepPolicy, moment: Moment): Step {
  const { last } = progress
  const refusal = refusalOf(record, progress)
  if (refusal !== undefined) return refusal
  const expired = whyExpired(record, policy.horizon, moment)
  if (expired !== undefined) {
    return { kind: 'stop', code: 'key-expired', reason: `the server may have forgotten the key${expired}` }
  }
  if (policy.mode === 'run' && record.sent > 0 && policy.unfit !== undefined) {
    return {
      kind: 'stop',
      code: 'unresolved',
      reason: policy.unfit,
      advice: mayHaveExecuted(record) ? 'conclude' : 'conclude-then-run',
    }
  }
  if (mayHaveExecuted(record) && !policy.honoursKeys) {
    return {
      kind: 'stop',
      code: 'unresolved',
      reason: `an attempt may have executed, and the server does not honour keys${because(last)}`,
    }
  }
  if (!hasAttemptsLeft(progress, policy)) {
    return {
      kind: 'stop',
      code: 'unresolved',
      reason: `${policy.attempts} ${policy.attempts === 1 ? 'attempt is' : 'attempts are'} used up; the last: ${last?.reason ?? 'none'}`,
    }
  }
  return {
    kind: 'stop',
    code: 'unresolved',
    reason: last?.reason ?? 'nothing can be asked, and nothing may be sent',
    ...(policy.mode === 'ask' && { advice: 'run-with-input' }),
  }
}

/** The last reason shows whether a proxy redirected, an HTML page came, or the network broke. */
function because(last: Progress['last']): string {
  return last === undefined ? '' : `; the last: ${last.reason}`
}

function refusalOf(record: OpenRecord, { last }: Progress): Step | undefined {
  switch (last?.kind) {
    case 'rejected':
    case 'conflict':
      return { kind: 'stop', code: last.kind, reason: last.reason }
    case 'mismatch':
      // The payload is unchanged here, so the server compares something else. Another id might execute the operation
      // twice.
      return {
        kind: 'stop',
        code: 'payload-mismatch',
        reason: last.reason,
        ...(mayHaveExecuted(record) && { advice: 'look-and-conclude' }),
      }
    default:
      return undefined
  }
}

/** The server counts as "still at work" unless the last ask was inconclusive. */
function outOfTime(record: OpenRecord, { lastAsk }: Progress): Step {
  const atWork = lastAsk?.kind === 'inconclusive' ? '' : ', the server is still at work'
  return record.state === 'processing'
    ? { kind: 'stop', code: 'still-processing', reason: `the poll deadline has passed${atWork}` }
    : { kind: 'stop', code: 'unresolved', reason: 'the deadline has passed' }
}

function retryReason(progress: Progress): string {
  if (progress.lastAsk?.kind === 'absent')
    return 'the server does not know the operation: under the same key, sending again is safe'
  return `again, after: ${progress.last?.reason ?? 'nothing'}`
}
