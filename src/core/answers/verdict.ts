import { isCut, isPage, isTooLong, redirectTarget, retryHint } from './answer-marks.ts'
import { isReplay, matchingRule, ruleSign } from './matching-rule.ts'
import { whyNotSent } from './not-sent.ts'
import type { RetryHint } from './answer-marks.ts'
import { provisioningOf, shownWord } from './answer-words.ts'
import type { Answer, Evidence, Failure, Refusal } from './evidence.ts'
import { isRegistered, meansTheSameAsPage } from './http-status.ts'
import type { JudgeContext, Verdict } from './verdict-kinds.ts'
import type { Profile, Rule } from './profile.ts'
import { byRefusal, everyDelivery, remark, refused } from './refusing-status.ts'

export type { JudgeContext, Verdict, VerdictName } from './verdict-kinds.ts'

/** Judges what evidence proves, under a profile. docs/reference/answers.md has the table for readers. */
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
  return { kind: 'not-sent', reason: whyNotSent(refusal.reason, refusal.option) }
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
  const verdict =
    isCut(answer, waitsForBody(context)) || isUnruled(answer, context)
      ? ofCut(answer, context)
      : ofWhole(answer, context)
  return hint === undefined || !takesHint(verdict) ? verdict : { ...verdict, hint }
}

/** Whether the definition's own hook may judge an answer. The answer must be visible, and the operation's own. */
export function isForHook({ status, ownTarget }: Pick<Answer, 'status' | 'ownTarget'>): boolean {
  return status !== 0 && ownTarget
}

/** Whether an empty success is less than what the server sent. */
export function waitsForBody({ wantsData, hasHook }: Pick<JudgeContext, 'wantsData' | 'hasHook'>): boolean {
  return wantsData || hasHook
}

/**
 * Whether a success was to be judged by a rule on the body, but its body is none that a rule can read: empty, or a
 * text.
 */
function isUnruled(answer: Answer, { profile, hook, wantsText }: JudgeContext): boolean {
  const { status, body, bodiless } = answer
  const hasBody = status >= 200 && status < 300 && ![202, 204, 205].includes(status) && bodiless !== true
  if (!hasBody || hook !== undefined || wantsText || body.kind === 'cut' || body.form === 'json') return false
  return body.form !== 'html' && matchingRule(answer, profile, 'cut') === 'undecided'
}

function ofWhole(answer: Answer, context: JudgeContext): Verdict {
  const rule = matchingRule(answer, context.profile, 'whole')
  if (rule === 'undecided') return unknown('a rule that cannot be read')
  return byHook(answer, context) ?? byRule(rule, answer, context) ?? byStatus(answer, context)
}

/**
 * The verdict on a part of an answer. What lies beyond `maxBodyBytes` is merely not read. A success stays a success,
 * unless its body was to be judged. Any other answer that was cut on its way proves nothing.
 */
function ofCut(answer: Answer, context: JudgeContext): Verdict {
  const { status } = answer
  if (status < 200 || (status >= 300 && status < 400)) return byStatus(answer, context)
  if (status >= 400 && !isTooLong(answer))
    return unknown(`${status}, and its answer was cut`, status >= 500 && isReplay(answer, context.profile))
  if (context.hasHook) return unknown(`${status}, and the answer that \`verdict\` was to judge was cut`)
  const rule = matchingRule(answer, context.profile, 'cut')
  if (rule === 'undecided') return unknown(`${status}, and the answer that a rule was to judge was cut`)
  return byRule(rule, answer, context) ?? byStatus(answer, context)
}

/** The hook judges the body. It can only make re-sends rarer: what the hook calls retriable stays doubtful. */
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

function byRule(rule: Rule | undefined, answer: Answer, context: JudgeContext): Verdict | undefined {
  if (rule === undefined) return undefined
  const clock = isAboutClocks(rule, context.profile) ? ': the clock of this device may be wrong' : ''
  const reason = `${answer.status}${ruleSign(rule)}, by the ${context.profile.name} profile${clock}`
  switch (rule.means) {
    case 'processing':
      return { kind: 'processing', sure: true, reason }
    case 'succeeded':
      return succeeded(answer, context, reason, rule)
    case 'exists':
      return exists(context, reason)
    case 'mismatch':
      return { kind: 'mismatch', conclusive: false, doubtful: false, ...everyDelivery(rule), reason }
    case 'unknown':
      return unknown(reason, rule.conclusive === true || isReplay(answer, context.profile))
    case 'try-again':
      return {
        kind: 'try-again',
        conclusive: false,
        doubtful: (answer.status >= 500 || answer.status === 408) && rule.everyDelivery !== true,
        ...everyDelivery(rule),
        reason,
      }
    case 'rejected':
    case 'conflict':
      return refused(rule.means, answer, context, reason, rule)
    default:
      return rule.means satisfies never
  }
}

/**
 * Whether a refusal is about clocks. A server that gets the time of the first send refuses by the clock of the device
 * that sent that time.
 */
function isAboutClocks({ type, code }: Rule, { firstSent }: Profile): boolean {
  return firstSent !== undefined && /expired|first-?sent/i.test(type ?? code ?? '')
}

function byStatus(answer: Answer, context: JudgeContext): Verdict {
  const { status } = answer
  if (!isRegistered(status)) return unknown(`${status}: a status that stands for nothing`)
  if (status < 200) return unknown(`${status}: an answer before the answer`)
  if (status === 202 && isPage(answer) && !context.acceptsHtml) return unknown(`202 ${placeholder(answer)}`)
  if (status === 202) return { kind: 'processing', sure: true, reason: '202: accepted, not finished' }
  if (status < 300) return inTheMaking(answer, context) ?? succeeded(answer, context, String(status))
  if (status === 304) return unknown('304: not modified')
  if (status < 400) return unknown(`${status}: a redirect that is not followed${redirectTarget(answer)}`)
  if (status >= 500 || status === 408) return unknown(String(status), isReplay(answer, context.profile))
  if (!isData(answer)) return unknown(`${status} ${placeholder(answer)}`)
  return byRefusal(answer, context)
}

/**
 * A resource reports that it is not there yet, or that its making failed. What was executed of the request is then
 * unknown.
 */
function inTheMaking({ status, body }: Answer, { profile }: JudgeContext): Verdict | undefined {
  const word = provisioningOf(body.kind === 'whole' ? body.parsed : undefined, profile)
  if (word.kind !== 'word' || word.means === 'executed') return undefined
  const reason = `${status}, and its provisioningState is ${shownWord(word.said)}`
  return word.means === 'processing' ? { kind: 'processing', sure: true, reason } : unknown(reason)
}

/**
 * Whether an answer is the server's own. A proxy sends a page in a server's place; a server sends JSON, XML, a text, or
 * nothing beside the status.
 */
function isData(answer: Answer): boolean {
  if (meansTheSameAsPage(answer.status)) return true
  return !isPage(answer) && !(answer.body.kind === 'whole' && answer.body.form === 'binary')
}

function placeholder(answer: Answer): string {
  return isPage(answer)
    ? "with an HTML page: some gateway answered in the server's place"
    : 'with a body that is neither data nor a text'
}

function succeeded(answer: Answer, context: JudgeContext, reason: string, rule?: Rule): Verdict {
  const { body } = answer
  // A rule names a page by its headers. By a status alone, the rule would take any page for the server's answer.
  if (isPage(answer) && !context.acceptsHtml && rule?.header === undefined) {
    return unknown(`${reason} ${placeholder(answer)}`)
  }
  const isRead = body.kind === 'whole' && !isCut(answer, waitsForBody(context))
  // A hook or rule that calls the answer a success has understood it, and a replay is the server's own answer. A schema
  // may still refuse the body.
  const isOwn = context.hook === 'succeeded' || rule !== undefined || isReplay(answer, context.profile)
  const isExplained = !context.wantsData && isOwn
  // Results are kept as text. Bytes would come back as other bytes, and a second reading would not make a text of them.
  const isBytes = body.kind === 'whole' && body.form === 'binary' && !context.wantsData
  const readable = isRead && !isBytes && (isExplained || isWanted(body, context))
  const unread = isTooLong(answer) || isBytes ? 'too-long' : 'unreadable'
  return {
    kind: 'succeeded',
    reason,
    replayed: isReplay(answer, context.profile),
    result: readable ? 'readable' : unread,
  }
}

/**
 * Whether a whole body is the result: JSON, or the text that `response` accepts; for an SDK, data of other kinds too.
 * Any other text may be a proxy's own (`upstream connect error`). An empty body means that there is no result, unless
 * one was expected.
 */
function isWanted(body: Extract<Answer['body'], { kind: 'whole' }>, context: JudgeContext): boolean {
  const isAskedFor = body.form === 'html' && context.acceptsHtml && !context.wantsData
  const isTaken = context.wantsText || context.takesOtherData === true
  return body.text === '' || body.form === 'json' || isTaken || isAskedFor
}

/**
 * An earlier request with the key made the resource. The resource is ours if this record sent this key with these
 * bytes. Otherwise it may still be: a store that lost its records does not know what was sent, nor does anybody of a
 * delivery that nobody saw.
 */
function exists(context: JudgeContext, reason: string): Verdict {
  if (context.sentBefore && context.sameBytes)
    return { kind: 'succeeded', reason, replayed: true, result: 'elsewhere' }
  return remark(`${reason}, but this record never sent it`, 'doubtful')
}

function unknown(reason: string, terminal = false): Verdict {
  return { kind: 'unknown', reason, terminal }
}

function takesHint(verdict: Verdict): verdict is Extract<Verdict, { hint?: RetryHint }> {
  return ['unknown', 'rejected', 'conflict', 'try-again'].includes(verdict.kind)
}
