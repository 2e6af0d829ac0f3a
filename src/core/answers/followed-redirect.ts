import { parsedUrl } from '../names/parsed-url.ts'

/*
 * Which redirects are followed, and with what. Whoever is on another origin gets neither the key nor credentials, so that a
 * redirect there is left as the answer that it is; so is one more than five, which is a loop.
 */

const MOST_REDIRECTS = 5

/** Of the operation itself: those that repeat method and body. They are visible in Node only. */
const REPEATING = [307, 308]

/** A question executes nothing, so that any of them may be followed; a cancel goes only where it is delivered again. */
const OF_ASKS = [301, 302, 303, 307, 308]

export type FoundRedirect = {
  readonly of: 'send' | 'ask'
  /** How many were followed before. */
  readonly hop: number
  readonly response: {
    readonly status: number
    readonly headers: { get(name: 'location'): string | null }
  }
  readonly from: URL
  /** Of the operation. */
  readonly origin: string
}

/** Where a redirect leads that may be followed. */
export function followedRedirect({ of, hop, response, from, origin }: FoundRedirect): URL | undefined {
  const statuses = of === 'send' ? REPEATING : OF_ASKS
  if (hop >= MOST_REDIRECTS || !statuses.includes(response.status)) return undefined
  const location = response.headers.get('location')
  const target = location === null ? undefined : parsedUrl(location, from)
  return target?.origin === origin && target.username === '' ? target : undefined
}

/** With what an ask follows: only 307 and 308 repeat a method and a body (RFC 9110, 15.4; Fetch, "HTTP-redirect fetch"). */
export function askAfterRedirect<Body>(
  status: number,
  asked: { readonly method: string; readonly body: Body | undefined },
): { readonly method: string; readonly body: Body | undefined } {
  return status < 307 ? { method: 'GET', body: undefined } : asked
}
