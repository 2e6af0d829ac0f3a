import { isCutXml, isHtmlType, markupOf } from './body-form.ts'
import type { Answer } from './evidence.ts'

/* What an answer is, before it is judged: cut, too long, a page, a problem, a redirect; and its advice on retries. */

/** The body goes on beyond the limit up to which bodies are read. */
export function isTooLong({ body }: Answer): boolean {
  return body.kind === 'cut' && body.why === 'limit'
}

/** An HTML page instead of data. A page that the end of the connection cut is still a page. */
export function isPage({ body, headers }: Answer): boolean {
  if (body.kind === 'whole') return body.form === 'html'
  const type = headers['content-type']
  const markup = markupOf(body.text)
  // A text that may be cut XML counts as a page, unless its type announces XML.
  const isMarkup = markup === 'html' || (markup === 'cut-xml' && !isCutXml(body.text, type))
  return isMarkup || (isHtmlType(type) && !/^\s*[{[]/.test(body.text))
}

/**
 * Whether an answer is not whole, so that its body proves nothing. If only the closing connection ended the text of a
 * refusal, the text still counts as whole. An empty success counts as cut if a body is expected, because browsers turn
 * a cut head into one.
 */
export function isCut({ status, body, bodiless }: Answer, waitsForBody: boolean): boolean {
  const isSuccess = status >= 200 && status < 300
  if (body.kind === 'cut') return isSuccess || body.why !== 'doubtful'
  return (
    waitsForBody && bodiless !== true && body.text === '' && isSuccess && ![202, 204, 205].includes(status)
  )
}

/** RFC 9457: a problem document is an error, whatever its status. */
export function isProblem({ headers }: Pick<Answer, 'headers'>): boolean {
  return /^\s*application\/problem\+(?:json|xml)\b/i.test(headers['content-type'] ?? '')
}

/**
 * A redirect that was not followed. Status 0: a browser hides which redirect it is, or that it is one. A 304 is no
 * redirect.
 */
export function isRedirect({ status }: Pick<Answer, 'status'>): boolean {
  return status === 0 || (status >= 300 && status < 400 && status !== 304)
}

/** The target of a redirect for a message, without the query, which may hold a secret. */
export function redirectTarget({ headers }: Answer): string {
  const [target = ''] = (headers['location'] ?? '').split(/[?#]/)
  const shown = target.replace(/\/\/[^/]*@/, '//').slice(0, 300)
  return /^[\x21-\x7e]+$/.test(shown) ? ` (to ${shown})` : ''
}

/**
 * A server's advice on whether to retry (`Stripe-Should-Retry`, `x-should-retry`). It is no evidence about the outcome.
 */
export type RetryHint = 'retry' | 'stop'

export function retryHint(headers: Readonly<Record<string, string>>): RetryHint | undefined {
  const said = headers['stripe-should-retry'] ?? headers['x-should-retry']
  if (said === 'true') return 'retry'
  return said === 'false' ? 'stop' : undefined
}
