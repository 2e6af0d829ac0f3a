import { isReplay } from './matching-rule.ts'
import { hasOwnType } from './words-of-work.ts'
import type { Answer } from './evidence.ts'
import { isOfTheRequest } from './http-status.ts'
import type { JudgeContext, Verdict } from './verdict-kinds.ts'
import type { Rule } from './profile.ts'
import { NEVER_CONCLUSIVE } from './profile.ts'

/* What a server's refusal proves, and what the refusal of one delivery leaves open about the others. */

/** The first 409s without a sign, up to this many, stand for "still processing". The next one is a conflict. */
const UNSURE_POLLS = 5

/** The verdict on a 4xx that came as data, if neither a rule nor a hook explains it. */
export function byRefusal(answer: Answer, context: JudgeContext): Verdict {
  const { status } = answer
  const { honoursKeys } = context.profile
  switch (status) {
    case 421:
    case 425:
    case 429:
      return { kind: 'try-again', conclusive: false, doubtful: false, reason: String(status) }
    case 409:
      if (isReplay(answer, context.profile))
        return refused('conflict', answer, context, '409, replayed', undefined)
      if (!honoursKeys) return remark('409 without a key: it is not known whose conflict this is', 'doubtful')
      if (hasOwnType(answer)) return remark('409 with a type of its own', ofCopies(context))
      return unsure(context)
    case 412:
      return context.conditional
        ? refused('conflict', answer, context, '412: the precondition does not hold', undefined)
        : remark('412 to a request without a precondition', 'of-this-attempt')
    case 422:
      if (
        honoursKeys &&
        isRefused(context.profile) &&
        context.sentBefore &&
        !isReplay(answer, context.profile)
      ) {
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

/**
 * Whether the server refuses another payload under a used key. A server that accepts one means something else by its
 * 422.
 */
function isRefused({ otherPayload = 'refused' }: JudgeContext['profile']): boolean {
  return otherPayload === 'refused'
}

/** A conflict that settles nothing. */
export function remark(reason: string, about: 'doubtful' | 'of-this-attempt'): Verdict {
  return { kind: 'conflict', conclusive: false, doubtful: about === 'doubtful', reason }
}

/** The conflict may be with a delivery that nobody saw: many servers answer 409 to a key that has executed. */
function ofCopies({ unseenCopies }: JudgeContext): 'doubtful' | 'of-this-attempt' {
  return unseenCopies ? 'doubtful' : 'of-this-attempt'
}

/** The reason for a 409 without any explanation. */
export const WITHOUT_SIGN = '409 without a sign of what it means'

/** A server that answers 409 while it works stops after a while. One that goes on and on means something else. */
function unsure(context: JudgeContext): Verdict {
  const reason = WITHOUT_SIGN
  return context.unsureBefore < UNSURE_POLLS
    ? { kind: 'processing', sure: false, reason }
    : remark(`${reason}, again and again`, ofCopies(context))
}

/**
 * A refusal settles the key if nothing before it can have executed. After an ambiguous attempt, a refusal settles the
 * key only if it is the stored answer to the key itself: a replay, or an answer that the profile lists as stored.
 */
export function refused(
  kind: 'rejected' | 'conflict',
  answer: Answer,
  context: JudgeContext,
  reason: string,
  rule: Rule | undefined,
): Verdict {
  const stored = rule?.conclusive === true || isReplay(answer, context.profile)
  const isOfAll = rule?.everyDelivery === true || speaksForAllDeliveries(answer, context)
  return {
    kind,
    conclusive: !NEVER_CONCLUSIVE.has(answer.status) && (stored || !context.ambiguousBefore) && isOfAll,
    doubtful: !isOfAll,
    ...everyDelivery(rule),
    ...(!isOfAll && context.profile.honoursKeys && !context.askedAgain && { asksAgain: true }),
    reason: isOfAll || answer.status === 412 ? reason : `${reason}, perhaps to a second delivery`,
  }
}

/**
 * Whether a refusal of the answered delivery also holds for deliveries that nobody saw. If a first delivery executed, a
 * second one gets a 412 to the request's own precondition, even if keys are honoured, because servers look at the
 * precondition first. If no key is honoured, the same is true of every status that is not about the request itself.
 */
function speaksForAllDeliveries(answer: Answer, context: JudgeContext): boolean {
  if (answer.status === 412 && context.conditional && !isReplay(answer, context.profile)) return false
  return context.profile.honoursKeys || !context.unseenCopies || isOfTheRequest(answer.status)
}

export function everyDelivery(rule: Rule | undefined): { readonly everyDelivery?: true } {
  return rule?.everyDelivery === true ? { everyDelivery: true } : {}
}
