import type { RetryHint } from './answer-marks.ts'
import { isHtml, isReplay, isTooLong, matchingRule, retryHint, ruleSign } from './answer-marks.ts'
import type { Answer, Evidence, Failure, Refusal } from './evidence.ts'
import type { Profile, Rule } from './profile.ts'
import { NEVER_CONCLUSIVE } from './profile.ts'

/**
 * What one attempt's evidence tells. Every verdict carries its reason.
 *
 * `conclusive`: it speaks for the key, so it settles the operation whatever went before.
 * `doubtful`: the refusal came in a form that does not exclude that this attempt executed.
 */
export type Verdict =
  | { readonly kind: 'not-sent'; readonly reason: string }
  | {
      readonly kind: 'unknown'
      readonly reason: string
      readonly terminal: boolean
      readonly hint?: RetryHint
    }
  | {
      readonly kind: 'succeeded'
      readonly reason: string
      readonly replayed: boolean
      /**
       * `elsewhere`: the answer only names the resource; `unreadable`: cut, or not the data that was expected;
       * `too-long`: it would be no shorter when it is read again.
       */
      readonly result: 'readable' | 'unreadable' | 'too-long' | 'elsewhere'
    }
  | { readonly kind: 'processing'; readonly reason: string; readonly sure: boolean }
  | ({ readonly kind: 'rejected' } & Refused)
  | ({ readonly kind: 'conflict' } & Refused)
  | ({ readonly kind: 'mismatch' } & Refused)
  | ({ readonly kind: 'try-again' } & Refused)

type Refused = {
  readonly reason: string
  readonly conclusive: boolean
  readonly doubtful: boolean
  readonly hint?: RetryHint
}

/** The names of the verdicts, which a definition's `verdict` hook gives back. */
export type VerdictName = Verdict['kind']

export type JudgeContext = {
  readonly profile: Profile
  /** This record sent this key before this attempt. */
  readonly sentBefore: boolean
  /** An attempt before this one may have executed. */
  readonly ambiguousBefore: boolean
  /** What was sent before were these very bytes. */
  readonly sameBytes: boolean
  /** The request carried a precondition, so that a 412 is its own. */
  readonly conditional: boolean
  /** The definition reads data (a `response` schema), so that another body is not the result. */
  readonly wantsData: boolean
  /** The request asked for HTML itself. */
  readonly acceptsHtml: boolean
  /** 409s without a sign that this run got before this answer. */
  readonly unsureBefore: number
  /** What the definition's own hook made of the answer; `failed` where it threw. */
  readonly hook?: VerdictName | 'failed' | undefined
}

/** So often does a 409 without a sign stand for "still processing"; then it is taken for a conflict. */
const UNSURE_POLLS = 5

/** The table of section 5: evidence and profile in, verdict out. */
export function judge(evidence: Evidence, context: JudgeContext): Verdict {
  switch (evidence.kind) {
    case 'refusal':
      return judgeRefusal(evidence)
    case 'failure':
      return judgeFailure(evidence)
    case 'answer':
      return judgeAnswer(evidence, context)
    default:
      return evidence satisfies never
  }
}

function judgeRefusal(refusal: Refusal): Verdict {
  return { kind: 'not-sent', reason: `the gate refused: ${refusal.reason}` }
}

function judgeFailure(failure: Failure): Verdict {
  const what = failure.cause.code ?? failure.cause.name
  return failure.sent === 'no'
    ? { kind: 'not-sent', reason: `no connection: ${what}` }
    : unknown(`no answer: ${what}`)
}

function judgeAnswer(answer: Answer, context: JudgeContext): Verdict {
  if (answer.status === 0)
    return unknown('an opaque answer: the browser hides what it says (redirect or no-cors)')
  if (!answer.ownTarget) return unknown('the answer came from another URL or method than the operation has')
  const hint = retryHint(answer.headers)
  const verdict = byHook(answer, context) ?? byRule(answer, context) ?? byStatus(answer, context)
  return hint === undefined || !takesHint(verdict) ? verdict : { ...verdict, hint }
}

/** The hook speaks for the body. It can only make a re-send rarer: what it calls retriable stays doubtful. */
function byHook(answer: Answer, context: JudgeContext): Verdict | undefined {
  const reason = "the definition's verdict"
  switch (context.hook) {
    case undefined:
      return undefined
    case 'failed':
    case 'unknown':
      return unknown(
        context.hook === 'failed' ? 'the verdict hook threw' : reason,
        isReplay(answer, context.profile),
      )
    case 'succeeded':
      return succeeded(answer, context, reason)
    case 'processing':
      return { kind: 'processing', sure: true, reason }
    case 'conflict':
      return refused('conflict', answer, context, reason, undefined)
    case 'mismatch':
      return { kind: 'mismatch', conclusive: false, doubtful: false, reason }
    case 'rejected':
      return refused('rejected', answer, context, reason, undefined)
    case 'not-sent':
    case 'try-again':
      return { kind: 'try-again', conclusive: false, doubtful: true, reason }
    default:
      return context.hook satisfies never
  }
}

function byRule(answer: Answer, context: JudgeContext): Verdict | undefined {
  const rule = matchingRule(answer, context.profile)
  if (rule === undefined) return undefined
  const clock = isAboutClocks(rule, context.profile) ? ': the clock of this device may be wrong' : ''
  const reason = `${answer.status}${ruleSign(rule)}, by the ${context.profile.name} profile${clock}`
  switch (rule.means) {
    case 'processing':
      return { kind: 'processing', sure: true, reason }
    case 'succeeded':
      return succeeded(answer, context, reason)
    case 'exists':
      return exists(context, reason)
    case 'mismatch':
      return { kind: 'mismatch', conclusive: false, doubtful: false, reason }
    case 'unknown':
      return unknown(reason, rule.conclusive === true || isReplay(answer, context.profile))
    case 'try-again':
      return {
        kind: 'try-again',
        conclusive: false,
        doubtful: answer.status >= 500 || answer.status === 408,
        reason,
      }
    case 'rejected':
    case 'conflict':
      return refused(rule.means, answer, context, reason, rule)
    default:
      return rule.means satisfies never
  }
}

/** A server that is told when a key was first sent refuses by the clock of the device that told it. */
function isAboutClocks({ type, code }: Rule, { firstSent }: Profile): boolean {
  return firstSent !== undefined && /expired|first-?sent/i.test(type ?? code ?? '')
}

function byStatus(answer: Answer, context: JudgeContext): Verdict {
  const { status } = answer
  if (status === 202) return { kind: 'processing', sure: true, reason: '202: accepted, not finished' }
  if (status >= 200 && status < 300) return succeeded(answer, context, String(status))
  if (status < 400) return unknown(`${status}: a redirect that is not followed`)
  if (status >= 500 || status === 408) return unknown(String(status), isReplay(answer, context.profile))
  switch (status) {
    case 421:
    case 425:
    case 429:
      return { kind: 'try-again', conclusive: false, doubtful: false, reason: String(status) }
    case 409:
      if (isReplay(answer, context.profile))
        return refused('conflict', answer, context, '409, replayed', undefined)
      return unsure(context)
    case 412:
      return context.conditional
        ? refused('conflict', answer, context, '412: the precondition does not hold', undefined)
        : {
            kind: 'conflict',
            conclusive: false,
            doubtful: false,
            reason: '412 to a request without a precondition',
          }
    case 422:
      if (context.sentBefore && !isReplay(answer, context.profile)) {
        return {
          kind: 'mismatch',
          conclusive: false,
          doubtful: false,
          reason: '422 to a key that was sent before',
        }
      }
      return refused('rejected', answer, context, '422', undefined)
    default:
      return refused('rejected', answer, context, String(status), undefined)
  }
}

/** A server that says 409 while it works does so for a while; one that goes on and on means something else. */
function unsure(context: JudgeContext): Verdict {
  const reason = '409 without a sign of what it means'
  return context.unsureBefore < UNSURE_POLLS
    ? { kind: 'processing', sure: false, reason }
    : {
        kind: 'conflict',
        conclusive: false,
        doubtful: false,
        reason: `${reason}, again and again`,
      }
}

/**
 * A refusal settles the key when nothing before it can have executed; after an ambiguous attempt only
 * when it is the stored answer to the key itself: a replay, or what the profile lists as stored.
 */
function refused(
  kind: 'rejected' | 'conflict',
  answer: Answer,
  context: JudgeContext,
  reason: string,
  rule: Rule | undefined,
): Verdict {
  const stored = rule?.conclusive === true || isReplay(answer, context.profile)
  return {
    kind,
    conclusive: !NEVER_CONCLUSIVE.has(answer.status) && (stored || !context.ambiguousBefore),
    doubtful: false,
    reason,
  }
}

function succeeded(answer: Answer, context: JudgeContext, reason: string): Verdict {
  const { body } = answer
  if (isHtml(answer) && !context.acceptsHtml) {
    return unknown(`${reason} with an HTML page: some gateway answered in the server's place`)
  }
  const readable = body.kind === 'whole' && (!context.wantsData || body.text === '' || body.form === 'json')
  const unread = isTooLong(answer) ? 'too-long' : 'unreadable'
  return {
    kind: 'succeeded',
    reason,
    replayed: isReplay(answer, context.profile),
    result: readable ? 'readable' : unread,
  }
}

/** The key made a resource before: ours, if this record sent this key with these bytes; else somebody else's. */
function exists(context: JudgeContext, reason: string): Verdict {
  if (context.sentBefore && context.sameBytes)
    return { kind: 'succeeded', reason, replayed: true, result: 'elsewhere' }
  return {
    kind: 'conflict',
    conclusive: false,
    doubtful: false,
    reason: `${reason}, but this record never sent it`,
  }
}

function unknown(reason: string, terminal = false): Verdict {
  return { kind: 'unknown', reason, terminal }
}

function takesHint(verdict: Verdict): verdict is Extract<Verdict, { hint?: RetryHint }> {
  return ['unknown', 'rejected', 'conflict', 'try-again'].includes(verdict.kind)
}
