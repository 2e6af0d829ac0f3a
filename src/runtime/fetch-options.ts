/** Fetch standard, 5.1 and 5.4: such a request has the guard `request-no-cors`, and its answer is opaque. */
export const NO_CORS = 'a browser leaves the key out of such a request, and hides what comes back'

/** Fetch options outside Node that the page's credentials and policies depend on. */
const KEPT_IN_BROWSERS = [
  'credentials',
  'mode',
  'integrity',
  'keepalive',
  'referrer',
  'referrerPolicy',
] as const

/**
 * How a request travels, as the http layer decided: cookies, policies, proxy, client certificates (undici's
 * `dispatcher`). What sends and what asks take the same of it.
 */
export function carriedOptions(
  input: unknown,
  init: RequestInit | undefined,
  environment: 'node' | 'other',
): RequestInit {
  const options: RequestInit = { ...init }
  if (typeof input === 'object' && input !== null && 'headers' in input && environment === 'other') {
    const request = input as Request
    for (const name of KEPT_IN_BROWSERS) Object.assign(options, { [name]: request[name] })
    if (options.mode === 'navigate') options.mode = 'same-origin'
  }
  return options
}
