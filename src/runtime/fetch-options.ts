/** Fetch standard, 5.1 and 5.4: such a request has the guard `request-no-cors`, and its response is opaque. */
export const NO_CORS = 'a browser leaves the key out of such a request, and hides what comes back'

/** Fetch options on which the page's credentials and policies depend, outside Node. */
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
 * `dispatcher`). Sending and asking use the same options.
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
