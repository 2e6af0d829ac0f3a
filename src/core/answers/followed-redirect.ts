import { parsedUrl } from '../names/parsed-url.ts'

/*
 * Which redirects are followed, and with what. Another origin gets neither the key nor credentials, so a redirect to
 * another origin is not followed and stays the answer. The same is true of the sixth redirect in a row, which is a
 * loop.
 */

const MOST_REDIRECTS = 5

/** For the operation itself: the redirects that repeat method and body. Only Node shows them. */
const REPEATING = [307, 308]

/**
 * For asks. A question executes nothing, so any redirect of it may be followed; a cancel follows only a redirect that
 * delivers it again.
 */
const OF_ASKS = [301, 302, 303, 307, 308]

export type FoundRedirect = {
  readonly of: 'send' | 'ask'
  /** How many redirects were followed before. */
  readonly hop: number
  readonly response: {
    readonly status: number
    readonly headers: { get(name: 'location'): string | null }
  }
  readonly from: URL
  /** The operation's origin. */
  readonly origin: string
}

/** The target of a redirect that may be followed. */
export function followedRedirect({ of, hop, response, from, origin }: FoundRedirect): URL | undefined {
  const statuses = of === 'send' ? REPEATING : OF_ASKS
  if (hop >= MOST_REDIRECTS || !statuses.includes(response.status)) return undefined
  const location = response.headers.get('location')
  const target = location === null ? undefined : parsedUrl(location, from)
  return target?.origin === origin && target.username === '' ? target : undefined
}

/**
 * The method and body with which an ask follows a redirect. Only 307 and 308 repeat both (RFC 9110, 15.4; Fetch,
 * "HTTP-redirect fetch").
 */
export function askAfterRedirect<Body>(
  status: number,
  asked: { readonly method: string; readonly body: Body | undefined },
): { readonly method: string; readonly body: Body | undefined } {
  return status < 307 ? { method: 'GET', body: undefined } : asked
}
