/** Where to ask about progress, and whether the http layer's credentials may go there. */
export type PollTarget = { readonly url: string; readonly credentials: boolean }

/** In the order of their authority: Azure names the operation apart from the resource that it makes. */
const HEADERS = ['operation-location', 'azure-asyncoperation', 'location'] as const

/**
 * The poll URL that an answer names, if it may be asked: http or https, on the operation's own origin
 * or on one that the profile trusts, which never gets credentials. Relative forms resolve against the
 * operation's URL; `//evil` and `\\evil` resolve to another origin and fall out here.
 */
export function pollTarget(
  headers: Readonly<Record<string, string>>,
  operationUrl: string,
  trustedOrigins: readonly string[],
): PollTarget | undefined {
  for (const name of HEADERS) {
    const value = headers[name]
    // An empty reference resolves to the operation's own URL, whose answer would tell of something else.
    if (value === undefined || value.trim() === '') continue
    const target = allowedTarget(value, operationUrl, trustedOrigins)
    if (target !== undefined) return target
  }
  return undefined
}

/** The same check for a URL from anywhere else: a status request, a stored record, a redirect. */
export function allowedTarget(
  reference: string,
  operationUrl: string,
  trustedOrigins: readonly string[],
): PollTarget | undefined {
  const own = URL.parse(operationUrl)
  const url = URL.parse(reference, operationUrl)
  if (own === null || url === null || !/^https?:$/.test(url.protocol)) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  if (url.origin === own.origin) return { url: url.href, credentials: true }
  return trustedOrigins.includes(url.origin) ? { url: url.href, credentials: false } : undefined
}
