import { answerSigns } from './answer-signs.ts'
import type { Answer } from './evidence.ts'
import type { Profile, Rule } from './profile.ts'
import { hasTextAt, textsAt } from './texts-at.ts'

/* What in a profile fits an answer: one of its rules, or its mark of a replay. The verdict decides what follows. */

/** The first rule that fits; `undecided` if only a whole body could decide. */
export function matchingRule(
  answer: Answer,
  profile: Profile,
  seen: 'whole' | 'cut',
): Rule | 'undecided' | undefined {
  const candidates = profile.rules.filter(
    rule => rule.status === answer.status && (rule.header === undefined || hasHeader(answer, rule.header)),
  )
  if (candidates.length === 0) return undefined
  if (seen === 'cut') return readsBody(candidates[0]) ? 'undecided' : candidates[0]
  const signs = answerSigns(answer.body.kind === 'whole' ? answer.body.parsed : undefined)
  return candidates.find(
    rule =>
      hasCode(answer, rule, signs.codes) && (rule.type === undefined || signs.types.includes(rule.type)),
  )
}

/**
 * Whether the answer has the rule's code: at the rule's place, or among the codes in the usual places if the rule names
 * none. A place without a code fits if anything stands there.
 */
function hasCode({ body }: Answer, { at, code }: Rule, codes: readonly string[]): boolean {
  if (at !== undefined) return code === undefined ? textsAt(body, at).length > 0 : hasTextAt(body, at, code)
  return code === undefined || codes.includes(code)
}

function readsBody(rule: Rule | undefined): boolean {
  return rule?.code !== undefined || rule?.type !== undefined || rule?.at !== undefined
}

/** How a message names the rule. */
export function ruleSign(rule: Rule): string {
  const sign = rule.code ?? rule.type ?? rule.at ?? rule.header?.name
  return sign === undefined ? '' : ` ${sign}`
}

/** Whether the server marked this answer as one that it gives again. */
export function isReplay(answer: Answer, profile: Profile): boolean {
  const { replayed } = profile
  if (replayed === undefined) return false
  if (replayed.header !== undefined) return hasHeader(answer, replayed)
  const { at, value } = replayed
  return value === undefined ? textsAt(answer.body, at).length > 0 : hasTextAt(answer.body, at, value)
}

function hasHeader(
  answer: Answer,
  header: { readonly name?: string; readonly header?: string; readonly value?: string | undefined },
): boolean {
  const value = answer.headers[(header.name ?? header.header ?? '').toLowerCase()]
  if (value === undefined) return false
  return header.value === undefined || value.trim().toLowerCase() === header.value.toLowerCase()
}
