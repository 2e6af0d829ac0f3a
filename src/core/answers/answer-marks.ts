import { isCutXml, isHtmlType, markupOf } from './body-form.ts'
import type { Answer } from './evidence.ts'

/* What an answer is, before anybody judges it: cut, too long, a page, a problem, a redirect; its advice on retries. */

/** The body goes on beyond the limit up to which it is read. */
export function isTooLong({ body }: Answer): boolean {
  return body.kind === 'cut' && body.why === 'limit'
}

/** A page in the place of data. One that the connection ended counts as cut: it is a page all the same. */
export function isPage({ body, headers }: Answer): boolean {
  if (body.kind === 'whole') return body.form === 'html'
  const type = headers['content-type']
  const markup = markupOf(body.text)
  // What has not come may still say what markup it is.
  const isMarkup = markup === 'html' || (markup === 'cut-xml' && !isCutXml(body.text, type))
  return isMarkup || (isHtmlType(type) && !/^\s*[{[]/.test(body.text))
}

/**
 * Whether an answer is not whole, so that its body proves nothing. A text that only the closing connection ended is
 * still a refusal's text. An empty success is cut where a body is waited for: browsers make one of a cut head.
 */
export function isCut({ status, body, bodiless }: Answer, waitsForBody: boolean): boolean {
  const isSuccess = status >= 200 && status < 300
  if (body.kind === 'cut') return isSuccess || body.why !== 'doubtful'
  return (
    waitsForBody && bodiless !== true && body.text === '' && isSuccess && ![202, 204, 205].includes(status)
  )
}

/** RFC 9457: an error, whatever its status. */
export function isProblem({ headers }: Pick<Answer, 'headers'>): boolean {
  return /^\s*application\/problem\+(?:json|xml)\b/i.test(headers['content-type'] ?? '')
}

/** A redirect that was not followed; 0: a browser hides which one, or that it is one. A 304 is none. */
export function isRedirect({ status }: Pick<Answer, 'status'>): boolean {
  return status === 0 || (status >= 300 && status < 400 && status !== 304)
}

/** Where a redirect leads, for a message: without its query, which may hold a secret. */
export function redirectTarget({ headers }: Answer): string {
  const [target = ''] = (headers['location'] ?? '').split(/[?#]/)
  const shown = target.replace(/\/\/[^/]*@/, '//').slice(0, 300)
  return /^[\x21-\x7e]+$/.test(shown) ? ` (to ${shown})` : ''
}

/** A server's advice on whether to retry (`Stripe-Should-Retry`, `x-should-retry`): never on the outcome. */
export type RetryHint = 'retry' | 'stop'

export function retryHint(headers: Readonly<Record<string, string>>): RetryHint | undefined {
  const said = headers['stripe-should-retry'] ?? headers['x-should-retry']
  if (said === 'true') return 'retry'
  return said === 'false' ? 'stop' : undefined
}
