import { isCut, isReplay } from '../../core/answers/answer-marks.ts'
import type { Answer, Evidence } from '../../core/answers/evidence.ts'
import type { NamedTarget } from '../../core/answers/poll-target.ts'
import { pollTarget, resourceTarget } from '../../core/answers/poll-target.ts'
import { afterAnsweredAsk, afterFailedAsk, afterSuccess } from '../../core/run/retry-budget.ts'
import { retryAfterMs } from '../../core/answers/retry-after.ts'
import { afterAttempt } from '../../core/run/run-progress.ts'
import type { JudgeContext, Verdict, VerdictName } from '../../core/answers/verdict.ts'
import { isConditional, mayHaveCopies } from '../../core/answers/unseen-copies.ts'
import { judge, waitsForBody } from '../../core/answers/verdict.ts'
import type { OperationError } from '../../public/errors.ts'
import { configurationError } from '../../public/errors.ts'
import { apply } from '../run/apply.ts'
import type { Delivered } from '../send/delivery.ts'
import { ownDelivery } from '../send/delivery.ts'
import type { RunContext } from '../run/run-context.ts'
import { alarm, keep } from '../run/keep.ts'
import { seeDate } from './server-date.ts'
import { hearThrown, synchronous } from '../../guards/synchronous.ts'
import { failureOf, resultOf, serverResponse } from './server-response.ts'

/** What was sent with an attempt, as far as the verdict depends on it. */
export type SentRequest = {
  /** Where the answer came from: the operation's own URL, or where a 307 or 308 led. */
  readonly url: URL
  readonly method: string
  readonly hasBody: boolean
  readonly key: string
  readonly generation: number
  /** As they left, hooks' own included. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly bodyHash: string
  readonly as: 'attempt' | 'poll' | 'reread'
  /** Whether it is known to have been delivered at most once: see delivery.ts. */
  readonly delivered: Delivered
}

/** Takes one attempt's evidence into the record (in memory), the run's progress and the budget. */
export function observe(x: RunContext, evidence: Evidence, sent: SentRequest): Verdict {
  const { runtime, budgets } = x.engine
  const { record } = x
  if (record === undefined) throw new Error('an attempt was observed without a record')
  const told = sameDoubtfulBody(x, evidence)
  const context = judgeContext(x, told, sent)
  const verdict = judge(told, context)
  const answer = told.kind === 'answer' ? told : undefined
  const ambiguousBefore = record.ambiguous
  const leftAt = 'inFlight' in record ? record.inFlight?.at : undefined
  const serverOffsetMs =
    answer === undefined ? undefined : seeDate(x, answer, sent.url, leftAt ?? runtime.now())
  // What answers a second reading says nothing of a success that is proven: the first one stays.
  if (answer !== undefined && (record.state !== 'succeeded' || verdict.kind === 'succeeded'))
    x.lastAnswer = answer
  const poll =
    answer === undefined
      ? undefined
      : (pollTargetOf(x, answer, sent.url) ?? ownMonitor(x, answer, verdict, sent))
  const statusUrl = poll === undefined || poll.url.includes('?') ? undefined : poll.url
  apply(x, {
    kind: 'observe',
    verdict,
    transportResends: answer !== undefined && hasUnseenSuccess(x, sent, context, verdict),
    firstSentServerAt: x.clocks.firstSentServerAt,
    serverOffsetMs,
    result:
      verdict.kind === 'succeeded' && verdict.result === 'readable' && answer !== undefined
        ? resultOf(answer, verdict.replayed)
        : undefined,
    failure:
      'conclusive' in verdict && answer !== undefined
        ? failureOf(answer, codeOf(verdict), verdict.reason)
        : undefined,
    statusUrl,
    statusIsMonitor: statusUrl !== undefined && poll?.isMonitor === true ? true : undefined,
  })
  x.progress = afterAttempt(x.progress, {
    verdict,
    retryAfterMs:
      answer === undefined ? undefined : retryAfterMs(answer.headers['retry-after'], runtime.now()),
    poll,
    resourceUrl:
      poll?.isMonitor === true && answer !== undefined ? resourceUrlOf(x, answer, sent.url) : undefined,
    asPoll: sent.as === 'poll',
    ambiguous: x.record !== undefined && x.record.ambiguous > ambiguousBefore,
    endedAt: runtime.monotonic(),
  })
  if (context.hook !== undefined && judge(told, { ...context, hook: undefined }).kind === 'processing')
    x.progress = { ...x.progress, isKnownThere: true }
  if (verdict.kind === 'succeeded') budgets.set(x.spender, afterSuccess(budgets.of(x.spender)))
  else if (answer !== undefined && answer.status < 500)
    budgets.set(x.spender, afterAnsweredAsk(budgets.of(x.spender)))
  else if (sent.as === 'poll') budgets.set(x.spender, afterFailedAsk(budgets.of(x.spender)))
  x.emit({
    type: 'answer',
    attempt: record.attempts,
    status: answer?.status,
    verdict: verdict.kind,
    reason: verdict.reason,
  })
  return verdict
}

/** Whether another delivery of what was answered may have executed, unless the server says that none did. */
function hasUnseenSuccess(
  x: RunContext,
  sent: SentRequest,
  context: JudgeContext,
  verdict: Verdict,
): boolean {
  if ('everyDelivery' in verdict || !context.unseenCopies) return false
  // Where the key is honoured, what proxies repeat is given again.
  return !context.profile.honoursKeys || ownDelivery(sent.delivered, x.engine.runtime) !== 'once'
}

/**
 * An answer after its attempt was given up counts as a proof of success, which is never lost, and as a sign that the key
 * has arrived, after which a "not found" is no proof; as nothing else.
 */
export function observeLate(x: RunContext, answer: Answer, sent: SentRequest): void {
  const { record } = x
  if (record === undefined || x.isProven) return
  const verdict = judge(answer, judgeContext(x, answer, sent))
  if (verdict.kind === 'processing' && record.key === sent.key)
    x.progress = { ...x.progress, isKnownThere: true }
  if (verdict.kind !== 'succeeded') return
  // Told by another before: now it is this run's own word too.
  if (record.state === 'succeeded' && record.key === sent.key) return x.prove()
  // The run has gone on to another generation, of which this proves nothing.
  if (record.key !== sent.key) return alarm(x, record, sent.generation)
  const result = verdict.result === 'readable' ? resultOf(answer, verdict.replayed) : undefined
  apply(x, { kind: 'learn', told: { kind: 'executed', result } })
  x.lastAnswer = answer
  x.lateWrite = keep(x)
}

/** Where a "still processing" says to ask; other answers' Locations name resources, not progress. */
function pollTargetOf(x: RunContext, answer: Answer, url: URL): NamedTarget | undefined {
  if (answer.status < 200 || answer.status > 299) return undefined
  return pollTarget(answer.headers, url.href, x.plan.settings.profile.trustedOrigins)
}

/** Azure: a resource in the making tells at its own URL how far it is. */
function ownMonitor(
  x: RunContext,
  { status }: Answer,
  verdict: Verdict,
  { method, url }: SentRequest,
): NamedTarget | undefined {
  const isMade =
    (status === 200 || status === 201) && verdict.kind === 'processing' && ['PUT', 'PATCH'].includes(method)
  if (!isMade || x.plan.settings.profile.status?.fetchesResult !== true) return undefined
  return { url: url.href, credentials: true, isMonitor: true }
}

/** The `Location` beside a monitor: where what the operation makes will be. */
function resourceUrlOf(x: RunContext, answer: Answer, url: URL): string | undefined {
  return resourceTarget(answer.headers, url.href, x.plan.settings.profile.trustedOrigins)?.url
}

/** What an answer to a status request tells that is the operation's own, given again. */
export function judgeReplay(x: RunContext, answer: Answer): Verdict {
  const bodyHash = x.record?.bodyHash ?? ''
  const method = x.record?.target.method ?? ''
  const sent = { method, hasBody: bodyHash !== '', headers: {}, bodyHash, delivered: 'once' as const }
  return judge(answer, judgeContext(x, answer, sent))
}

function judgeContext(
  x: RunContext,
  evidence: Evidence,
  sent: Pick<SentRequest, 'method' | 'hasBody' | 'headers' | 'bodyHash' | 'delivered'>,
): JudgeContext {
  const { record, plan } = x
  const { profile } = plan.settings
  const context: Omit<JudgeContext, 'hook' | 'wantsText'> = {
    profile,
    sentBefore: (record?.sent ?? 0) > 0,
    ambiguousBefore: (record?.ambiguous ?? 0) > 0 || record?.state === 'processing',
    sameBytes: record?.bodyHash === sent.bodyHash,
    conditional: isConditional(sent.headers),
    askedAgain: x.progress.askedAgain,
    unseenCopies: mayHaveCopies(sent, ownDelivery(sent.delivered, x.engine.runtime), profile.delivers),
    wantsData: plan.wantsData,
    hasHook: plan.verdict !== undefined,
    acceptsHtml: sent.headers['accept']?.includes('html') ?? false,
    unsureBefore: x.progress.unsureCount,
  }
  if (evidence.kind !== 'answer') return { ...context, wantsText: false }
  const isWhole = !isCut(evidence, waitsForBody(context))
  return {
    ...context,
    wantsText: isWhole && (plan.wantsData ? plan.wantsText(evidence.body.text) : isAskedFor(evidence, sent)),
    hook: isWhole ? hookVerdict(x, evidence) : undefined,
  }
}

/** Whether the request named the type of its answer, wildcards aside: a text is wanted then, whatever it says. */
function isAskedFor({ headers }: Answer, sent: Pick<SentRequest, 'headers'>): boolean {
  const type = typeOf(headers['content-type'] ?? '')
  const accepted = (sent.headers['accept'] ?? '').split(',').map(typeOf)
  return type !== '' && accepted.includes(type)
}

function typeOf(value: string): string {
  return (value.split(';')[0] ?? '').trim().toLowerCase()
}

const VERDICTS = new Set<unknown>([
  'not-sent',
  'unknown',
  'succeeded',
  'processing',
  'conflict',
  'mismatch',
  'try-again',
  'rejected',
] satisfies VerdictName[])

/**
 * The definition's own verdict on an answer. A hook that throws has said nothing that counts; one that gives a
 * promise or no verdict is a mistake, which ends the run: nobody would know what the next answer means either.
 */
function hookVerdict(x: RunContext, answer: Answer): VerdictName | 'failed' | undefined {
  const { verdict, settings } = x.plan
  if (verdict === undefined || answer.status === 0 || !answer.ownTarget) return undefined
  const path = `operation(${x.plan.name}).verdict`
  const replayed = isReplay(answer, settings.profile)
  let said: VerdictName | undefined
  try {
    said = verdict({
      ...serverResponse(answer, x.engine.transport.parseJson),
      replayed,
      attempt: x.record?.attempts ?? 0,
    })
  } catch (error) {
    hearThrown(error)
    return 'failed'
  }
  try {
    if (synchronous(said, path) === undefined || VERDICTS.has(said)) return said
    x.mistake = configurationError(path, `must give a verdict or undefined: ${[...VERDICTS].join(', ')}`)
  } catch (error) {
    x.mistake = error as OperationError
  }
  return 'failed'
}

/** Two reads under one key that agree on a body of doubtful length have both read all of it. */
function sameDoubtfulBody(x: RunContext, evidence: Evidence): Evidence {
  if (evidence.kind !== 'answer' || evidence.body.kind !== 'cut' || evidence.body.why !== 'doubtful')
    return evidence
  const before = x.lastAnswer?.body
  const { text } = evidence.body
  if (before?.kind !== 'cut' || before.why !== 'doubtful' || before.text !== text) return evidence
  const parsed = wholeValue(text)
  return {
    ...evidence,
    body: {
      kind: 'whole',
      text,
      parsed: parsed === undefined ? text : parsed,
      form: parsed === undefined ? 'other' : 'json',
    },
  }
}

function wholeValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(verdict: Verdict): 'rejected' | 'conflict' {
  return verdict.kind === 'conflict' ? 'conflict' : 'rejected'
}
