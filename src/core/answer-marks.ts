import { answerSigns } from './answer-signs.ts'
import type { Answer } from './evidence.ts'
import type { Profile, Rule } from './profile.ts'

/* What an answer shows of itself, before anybody judges it. */

/** The body goes on beyond the limit up to which it is read. */
export function isTooLong({ body }: Answer): boolean {
  return body.kind === 'cut' && body.why === 'limit'
}

/** A gateway's page is often ended by the connection, so that it counts as cut: it is a page all the same. */
export function isHtml({ body, headers }: Answer): boolean {
  if (body.kind === 'whole') return body.form === 'html'
  if (/^\s*<(!doctype html|html)\b/i.test(body.text)) return true
  return /^\s*text\/html\b/i.test(headers['content-type'] ?? '') && !/^\s*[{[]/.test(body.text)
}

export function matchingRule(answer: Answer, profile: Profile): Rule | undefined {
  const candidates = profile.rules.filter(rule => rule.status === answer.status)
  if (candidates.length === 0) return undefined
  const signs = answerSigns(answer.body.kind === 'whole' ? answer.body.parsed : undefined)
  return candidates.find(
    rule =>
      (rule.code === undefined || signs.codes.includes(rule.code)) &&
      (rule.type === undefined || signs.types.includes(rule.type)) &&
      (rule.header === undefined || hasHeader(answer, rule.header)),
  )
}

export function ruleSign(rule: Rule): string {
  const sign = rule.code ?? rule.type ?? rule.header?.name
  return sign === undefined ? '' : ` ${sign}`
}

/** Whether the server marked this answer as given again. */
export function isReplay(answer: Answer, profile: Profile): boolean {
  return profile.replayed !== undefined && hasHeader(answer, profile.replayed)
}

function hasHeader(
  answer: Answer,
  header: { readonly name?: string; readonly header?: string; readonly value?: string },
): boolean {
  const value = answer.headers[(header.name ?? header.header ?? '').toLowerCase()]
  if (value === undefined) return false
  return header.value === undefined || value.trim().toLowerCase() === header.value.toLowerCase()
}

/** A server's word on whether to retry (`Stripe-Should-Retry`, `x-should-retry`): never on the outcome. */
export type RetryHint = 'retry' | 'stop'

export function retryHint(headers: Readonly<Record<string, string>>): RetryHint | undefined {
  const said = headers['stripe-should-retry'] ?? headers['x-should-retry']
  if (said === 'true') return 'retry'
  return said === 'false' ? 'stop' : undefined
}
