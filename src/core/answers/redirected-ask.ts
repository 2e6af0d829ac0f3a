import { parsedUrl } from '../names/parsed-url.ts'

/*
 * What an answer is worth if redirects have led the ask to another place, within the origin. The other place may be a
 * login page that answers in JSON and knows nothing of the operation, whatever it says.
 *
 *   308                      the same question at its new place: as if it had been asked there
 *   a slash at the end       of a GET or HEAD, by any redirect: the same place in another spelling
 *   303                      to where the result may be: may be the result, or mean "executed" or "at work", but never
 *                            "absent" or "failed"
 *   307                      a login page (of Next.js, for one), or the same question elsewhere: a known word counts as
 *                            after a 303, and an answer without a word is no result
 *   301, 302                 to anything: worth nothing
 *
 * A cancel is no question: its answer counts only if the cancel was delivered again as it was, by 307 or 308.
 */

/**
 * `result`: a result may be there. `word`: only a word of it counts. `elsewhere`: the answer is not about the
 * operation. Undefined: the place that was asked has answered.
 */
export type LedTo = 'result' | 'word' | 'elsewhere' | undefined

export type AskRedirect = {
  readonly asks: 'status' | 'cancel'
  readonly status: number
  readonly method: string
  readonly from: string
  readonly to: string
}

/** What an answer is worth after one redirect. */
export function ledBy({ asks, status, method, from, to }: AskRedirect): LedTo {
  if (status === 308 || (isRead(method) && isSamePlace(from, to))) return undefined
  if (status === 307) return asks === 'cancel' ? undefined : 'word'
  return status === 303 ? 'result' : 'elsewhere'
}

/** What an answer is worth after a fetch that followed redirects on its own, so that nobody knows which. */
export function ledUnseen(method: string, from: string, to: string): LedTo {
  return isRead(method) && isSamePlace(from, to) ? undefined : 'elsewhere'
}

const LEAST_FIRST = ['elsewhere', 'word', 'result'] as const

/** After two redirects an answer is worth the lesser of both. */
export function ledFurther(before: LedTo, then: LedTo): LedTo {
  return LEAST_FIRST.find(each => each === before || each === then)
}

/**
 * Whether a response's own URL shows that it comes from another place than was asked. Many wrappers and mocks give no
 * URL.
 */
export function isOfAnotherUrl(responseUrl: string, asked: string): boolean {
  if (typeof responseUrl !== 'string' || responseUrl === '') return false
  return withoutFragment(responseUrl) !== withoutFragment(asked)
}

function withoutFragment(url: string): string {
  return (parsedUrl(url)?.href ?? url).replace(/#.*$/s, '')
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function isSamePlace(from: string, to: string): boolean {
  const [own, other] = [parsedUrl(from), parsedUrl(to)]
  if (own === undefined || other === undefined) return false
  const isSamePath = own.pathname.replace(/\/+$/, '') === other.pathname.replace(/\/+$/, '')
  return own.origin === other.origin && isSamePath && own.search === other.search
}
