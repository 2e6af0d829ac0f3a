import { parsedUrl } from '../core/names/parsed-url.ts'
import { configurationError } from '../public/errors.ts'

/** Resolves every form of a base URL that any page could have. */
const SOME_PAGE = 'https://page.invalid/'

/**
 * Checks a base URL, absolute or relative to the page. Its form is checked when it is given, but it is resolved only
 * when it is first used: a server that builds or renders the page also creates the client, and has no address of its
 * own.
 */
export function checkedBase(base: unknown, path: string): string | URL {
  if ((typeof base !== 'string' && !(base instanceof URL)) || parsedUrl(base, SOME_PAGE) === undefined)
    throw configurationError(path, 'is not a URL')
  const { username, password } = new URL(base, SOME_PAGE)
  if (username !== '' || password !== '')
    throw configurationError(path, 'holds a user or password, which fetch refuses: give a header')
  return base
}

/** Resolves the base URL where it is used. */
export function resolvedBase(base: string | URL, path: string): URL {
  const [text, page] = [String(base), globalThis.location?.href]
  if (last?.text === text && last.page === page) return last.url
  const url = parsedUrl(text, page)
  if (url === undefined)
    throw configurationError(
      path,
      'is relative, and there is no page here that it begins at: give the whole URL',
    )
  last = { text, page, url }
  return url
}

/** Cached, because every call resolves it, nearly always with the same result. */
let last: { readonly text: string; readonly page: string | undefined; readonly url: URL } | undefined
