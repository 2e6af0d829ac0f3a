import { definitionPath } from '../plan.ts'
import { takes } from './schema-says.ts'
import { isCut } from '../../core/answers/answer-marks.ts'
import { isReplay } from '../../core/answers/matching-rule.ts'
import { isTypeAskedFor } from '../../core/answers/body-form.ts'
import { sameDoubtfulBody } from '../../core/answers/doubtful-body.ts'
import type { Answer, Evidence } from '../../core/answers/evidence.ts'
import { isOtherData } from '../../core/answers/other-data.ts'
import {
  foreignOrigin,
  isOwnMonitor,
  namesProgress,
  pollTarget,
  resourceTarget,
} from '../../core/answers/poll-target.ts'
import { retryAfterMs } from '../../core/answers/retry-after.ts'
import { isConditional, mayHaveCopies } from '../../core/answers/unseen-copies.ts'
import type { Verdict, VerdictName } from '../../core/answers/verdict.ts'
import { isForHook, judge, waitsForBody } from '../../core/answers/verdict.ts'
import type { ObservedSend, RunEvent } from '../../core/run/run-events.ts'
import { hearThrown, synchronous } from '../../guards/synchronous.ts'
import type { OperationError } from '../../public/errors.ts'
import { configurationError } from '../../public/errors.ts'
import type { RunFacts } from '../run/run-facts.ts'
import type { Delivered } from '../send/delivery.ts'
import { ownDelivery } from '../send/delivery.ts'
import { seeDate } from './server-date.ts'
import { serverResponse } from './server-response.ts'

/*
 * The result of a send, together with what the definition's callbacks make of it: an event that the machine judges
 * (core/run/learning.ts).
 */

/** What an attempt sent, as far as the verdict depends on it. */
export type SentRequest = {
  /** The URL that answered: the operation's own, or the target of a 307 or 308. */
  readonly url: URL
  readonly method: string
  readonly hasBody: boolean
  readonly key: string
  readonly generation: number
  /** The headers as sent, including those that hooks added. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly bodyHash: string
  readonly as: 'attempt' | 'poll' | 'reread'
  /** Whether the request is known to have been delivered at most once: see delivery.ts. */
  readonly delivered: Delivered
}

/**
 * The evidence of one send. `foreignHeads` counts requests that were sent past the gate since the machine last knew of
 * any.
 */
export function observedOf(
  x: RunFacts & { readonly lastAnswer: Answer | undefined },
  seen: Evidence,
  sent: SentRequest,
  foreignHeads: number,
): ObservedSend {
  const { runtime } = x.engine
  const evidence = sameDoubtfulBody(seen, x.lastAnswer)
  const answer = evidence.kind === 'answer' ? evidence : undefined
  const { record } = x
  const leftAt = record !== undefined && 'inFlight' in record ? record.inFlight?.at : undefined
  const serverOffsetMs = answer && seeDate(x, answer, sent.url, leftAt ?? runtime.now())
  // Assigned field by field: spreading one object into the middle of another costs as much as all the rest.
  const { context, isDeliveredOnce, wantsText, hook, mistake } = heard(x, evidence, sent)
  const { poll, ownMonitor, resourceUrl, foreign } =
    answer === undefined ? NO_PLACES : placesIn(x, answer, sent)
  return {
    type: 'observed',
    evidence,
    foreignHeads,
    context,
    isDeliveredOnce,
    wantsText,
    hook,
    mistake,
    poll,
    ownMonitor,
    resourceUrl,
    foreign,
    retryAfterMs: answer && retryAfterMs(answer.headers, runtime.now()),
    serverOffsetMs,
  }
}

/** The event for a response whose attempt was given up. */
export function lateOf(x: RunFacts, answer: Answer, sent: SentRequest): RunEvent {
  return {
    type: 'late-answer',
    answer,
    key: sent.key,
    generation: sent.generation,
    observed: {
      type: 'observed',
      evidence: answer,
      foreignHeads: 0,
      ...heard(x, answer, sent),
      ...NO_PLACES,
      retryAfterMs: undefined,
      serverOffsetMs: undefined,
    },
  }
}

/** The URLs that a response names for further requests. */
function placesIn(
  x: RunFacts,
  answer: Answer,
  { method, url }: SentRequest,
): Pick<ObservedSend, 'poll' | 'ownMonitor' | 'resourceUrl' | 'foreign'> {
  const { status: ofProfile, trustedOrigins } = x.plan.settings.profile
  const { headers, status } = answer
  const { href } = url
  const isOwn = isOwnMonitor({ status, method, fetchesResult: ofProfile?.fetchesResult })
  return {
    poll: namesProgress(status) ? pollTarget(headers, href, trustedOrigins) : undefined,
    ownMonitor: isOwn ? { url: href, isMonitor: true } : undefined,
    resourceUrl: resourceTarget(headers, href, trustedOrigins)?.url,
    foreign: namesProgress(status) ? foreignOrigin(headers, href, trustedOrigins) : undefined,
  }
}

const NO_PLACES = { poll: undefined, ownMonitor: undefined, resourceUrl: undefined, foreign: undefined }

/**
 * Judges a response to a status request that repeats the operation's own response. A mistake means that `verdict`
 * returned what it must not.
 */
export function judgeReplay(
  x: RunFacts,
  answer: Answer,
): { readonly verdict: Verdict; readonly mistake: ObservedSend['mistake'] } {
  const { record, progress, plan } = x
  const bodyHash = record?.bodyHash ?? ''
  const method = record?.target.method ?? ''
  const sent = { method, hasBody: bodyHash !== '', headers: {}, bodyHash, delivered: 'once' as const }
  const { context, wantsText, hook, mistake } = heard(x, answer, sent)
  const verdict = judge(answer, {
    ...context,
    profile: plan.settings.profile,
    wantsData: plan.wantsData,
    hasHook: plan.verdict !== undefined,
    sentBefore: (record?.sent ?? 0) > 0,
    ambiguousBefore: (record?.ambiguous ?? 0) > 0 || record?.state === 'processing',
    askedAgain: progress.askedAgain,
    unsureBefore: progress.unsureCount,
    wantsText,
    hook,
  })
  return { verdict, mistake }
}

type SentShape = Pick<SentRequest, 'method' | 'hasBody' | 'headers' | 'bodyHash' | 'delivered'>

/** What the delivery of a request and the definition's callbacks add to its evidence. */
function heard(
  x: RunFacts,
  evidence: Evidence,
  sent: SentShape,
): Pick<ObservedSend, 'context' | 'isDeliveredOnce' | 'wantsText' | 'hook' | 'mistake'> {
  const { record, plan } = x
  const own = ownDelivery(sent.delivered, x.engine.runtime)
  const context: ObservedSend['context'] = {
    sameBytes: record?.bodyHash === sent.bodyHash,
    conditional: isConditional(sent.headers),
    unseenCopies: mayHaveCopies(sent, own, plan.settings.profile.delivers),
    acceptsHtml: sent.headers['accept']?.includes('html') ?? false,
    takesOtherData: plan.givesAnswers && evidence.kind === 'answer' && isOtherData(evidence),
  }
  const isDeliveredOnce = own === 'once'
  const hasHook = plan.verdict !== undefined
  const waits = waitsForBody({ wantsData: plan.wantsData, hasHook })
  if (evidence.kind !== 'answer' || isCut(evidence, waits))
    return { context, isDeliveredOnce, wantsText: false, hook: undefined, mistake: undefined }
  const wantsText = plan.wantsData
    ? takes(plan.response, evidence.body.text)
    : isTypeAskedFor(evidence.headers['content-type'], sent.headers['accept'])
  const { hook, mistake } = hookVerdict(x, evidence)
  return { context, isDeliveredOnce, wantsText, hook, mistake }
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
 * The definition's own verdict on a response. A hook that throws has no effect. A hook that returns a promise, or no
 * verdict, is a mistake that ends the run: the meaning of the next response would be just as unclear.
 */
function hookVerdict(x: RunFacts, answer: Answer): Pick<ObservedSend, 'hook' | 'mistake'> {
  const { verdict, settings } = x.plan
  const nothing = { hook: undefined, mistake: undefined }
  if (verdict === undefined || !isForHook(answer)) return nothing
  const path = `${definitionPath(x.plan)}.verdict`
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
    return { hook: 'failed', mistake: undefined }
  }
  try {
    if (synchronous(said, path) === undefined || VERDICTS.has(said)) return { hook: said, mistake: undefined }
    const fault = `must give a verdict or undefined: ${[...VERDICTS].join(', ')}`
    return { hook: 'failed', mistake: configurationError(path, fault) }
  } catch (error) {
    return { hook: 'failed', mistake: error as OperationError }
  }
}
