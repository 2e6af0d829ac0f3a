import { parsedUrl } from '../names/parsed-url.ts'

/*
 * What the answer to an ask is worth that was led on by redirects within the origin. What is elsewhere may be a login page
 * that speaks JSON: it knows nothing of the operation, whatever it says.
 *
 *   308                      the same question at its new place: as if it had been asked there
 *   a slash at the end       of a GET or HEAD, by any redirect: the same place, spelled otherwise
 *   303                      to where the result may be: that may be it, or say "executed" or "at work", never "absent" or
 *                            "failed"
 *   307                      a login page, of Next.js for one, or the same question elsewhere: a known word of it counts as
 *                            after a 303, and what has no word is no result
 *   301, 302                 to anything: nothing
 *
 * A cancel is no question: it counts only where it was delivered again as it was, by 307 or 308.
 */

/**
 * `result`: a result may be there. `word`: only a word of it counts. `elsewhere`: the answer is not about the operation.
 * Undefined: what was asked answered.
 */
export type LedTo = 'result' | 'word' | 'elsewhere' | undefined

export type AskRedirect = {
  readonly asks: 'status' | 'cancel'
  readonly status: number
  readonly method: string
  readonly from: string
  readonly to: string
}

/** What one redirect makes of an answer. */
export function ledBy({ asks, status, method, from, to }: AskRedirect): LedTo {
  if (status === 308 || (isRead(method) && isSamePlace(from, to))) return undefined
  if (status === 307) return asks === 'cancel' ? undefined : 'word'
  return status === 303 ? 'result' : 'elsewhere'
}

/** What a fetch that followed redirects by itself makes of one: nobody knows by which. */
export function ledUnseen(method: string, from: string, to: string): LedTo {
  return isRead(method) && isSamePlace(from, to) ? undefined : 'elsewhere'
}

const LEAST_FIRST = ['elsewhere', 'word', 'result'] as const

/** What is led on twice is worth the lesser of both. */
export function ledFurther(before: LedTo, then: LedTo): LedTo {
  return LEAST_FIRST.find(each => each === before || each === then)
}

/** Whether a response's own URL says that it is of another place than was asked; many wrappers and mocks give none. */
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
