import { parsedUrl } from '../names/parsed-url.ts'

/** Where to ask about progress, and whether the http layer's credentials may go there. */
export type PollTarget = { readonly url: string; readonly credentials: boolean }

/** A poll URL that an answer names. `isMonitor`: the URL of a status monitor, which answers in status words. */
export type NamedTarget = PollTarget & { readonly isMonitor: boolean }

/**
 * The headers that name a monitor, in the order of their authority. Azure names the operation apart from the resource
 * that it makes.
 */
const MONITORS = ['operation-location', 'azure-asyncoperation'] as const

/**
 * The poll URL that an answer names, if it may be asked: http or https, on the operation's own origin or on one that
 * the profile trusts, which never gets credentials. Relative forms resolve against the operation's URL. `//evil` and
 * `\\evil` resolve to another origin and are refused here.
 */
export function pollTarget(
  headers: Readonly<Record<string, string>>,
  operationUrl: string,
  trustedOrigins: readonly string[],
): NamedTarget | undefined {
  for (const name of MONITORS) {
    const target = namedTarget(headers[name], operationUrl, trustedOrigins)
    if (target !== undefined) return { ...target, isMonitor: true }
  }
  const target = resourceTarget(headers, operationUrl, trustedOrigins)
  // A poll of the operation's own URL would only show what was there before: the list of all orders, the seat as it is.
  if (target === undefined || isOneUrl(target.url, operationUrl)) return undefined
  return { ...target, isMonitor: false }
}

/**
 * The origin of a poll address that an answer names and that may not be asked. People are shown the origin only,
 * because the address itself may hold a credential.
 */
export function foreignOrigin(
  headers: Readonly<Record<string, string>>,
  operationUrl: string,
  trustedOrigins: readonly string[],
): string | undefined {
  for (const name of [...MONITORS, 'location']) {
    const reference = headers[name]
    // Most answers name no address, and to parse a URL takes as long as everything else that is read from an answer.
    const url = reference === undefined ? undefined : parsedUrl(reference, operationUrl)
    if (url === undefined || !/^https?:$/.test(url.protocol)) continue
    if (url.origin !== parsedUrl(operationUrl)?.origin && !trustedOrigins.includes(url.origin))
      return url.origin
  }
  return undefined
}

/** Whether two URLs are one for a server: what follows a `#` is never sent. */
function isOneUrl(one: string, other: string): boolean {
  return withoutHash(one) === withoutHash(other)
}

function withoutHash(text: string): string | undefined {
  const url = parsedUrl(text)
  if (url !== undefined) url.hash = ''
  return url?.href
}

/** Only a success names the place of the progress. The `Location` of any other answer names a resource. */
export function namesProgress(status: number): boolean {
  return status >= 200 && status <= 299
}

/**
 * Azure: a resource in the making shows its progress at its own URL, if the answer says that it is still being made.
 */
export function isOwnMonitor(answered: {
  readonly status: number
  readonly method: string
  readonly fetchesResult: boolean | undefined
}): boolean {
  const { status, method, fetchesResult } = answered
  return fetchesResult === true && [200, 201].includes(status) && ['PUT', 'PATCH'].includes(method)
}

/** The same for `Location` alone. Beside a monitor, `Location` names what the operation makes. */
export function resourceTarget(
  headers: Readonly<Record<string, string>>,
  operationUrl: string,
  trustedOrigins: readonly string[],
): PollTarget | undefined {
  return namedTarget(headers['location'], operationUrl, trustedOrigins)
}

function namedTarget(
  value: string | undefined,
  operationUrl: string,
  trustedOrigins: readonly string[],
): PollTarget | undefined {
  // An empty reference resolves to the operation's own URL, whose answer would be about something else.
  if (value === undefined || value.trim() === '') return undefined
  return allowedTarget(value, operationUrl, trustedOrigins)
}

/** The same check for a URL from anywhere else: a status request, a stored record, a redirect. */
export function allowedTarget(
  reference: string,
  operationUrl: string,
  trustedOrigins: readonly string[],
): PollTarget | undefined {
  const own = parsedUrl(operationUrl)
  const url = parsedUrl(reference, operationUrl)
  if (own === undefined || url === undefined || !/^https?:$/.test(url.protocol)) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  if (url.origin === own.origin) return { url: url.href, credentials: true }
  return trustedOrigins.includes(url.origin) ? { url: url.href, credentials: false } : undefined
}
