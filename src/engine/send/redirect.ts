import { parsedUrl } from '../../core/names/parsed-url.ts'

/** Redirects that are followed, at most; more is a loop. */
export const MOST_REDIRECTS = 5

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
