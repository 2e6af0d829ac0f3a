import { parsedUrl } from '../../core/names/parsed-url.ts'

/** Redirects that are followed, at most; more is a loop. */
export const MOST_REDIRECTS = 5

/** Of the operation itself: those that repeat method and body. They are visible in Node only. */
export const REPEATING_REDIRECTS = [307, 308]

/** A question executes nothing, so that any of them may be followed; a cancel goes only where it is delivered again. */
export const ASK_REDIRECTS = [301, 302, 303, 307, 308]

/** Where a redirect leads, if it stays within the origin: whoever is elsewhere gets neither key nor credentials. */
export function redirectWithin(
  response: Response,
  from: URL,
  origin: string,
  statuses: readonly number[],
): URL | undefined {
  if (!statuses.includes(response.status)) return undefined
  const location = response.headers.get('location')
  const target = location === null ? undefined : parsedUrl(location, from)
  return target?.origin === origin && target.username === '' ? target : undefined
}
