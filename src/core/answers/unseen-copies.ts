/*
 * One send is not always one delivery. Browsers deliver a request again, up to seven times, if a kept connection turns
 * out dead. Proxies do so with what HTTP lets them repeat (RFC 9110, 9.2.2): nginx with every method but POST, PATCH
 * and LOCK, Caddy and Varnish with requests that have no body, Squid with a DELETE. The answer is that of the last
 * delivery.
 */

/** What is known of the runtime's own fetch: it delivers once, it is a browser's, or nothing is known. */
export type OwnDelivery = 'once' | 'browser' | 'unknown'

export type SentShape = {
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly hasBody: boolean
}

const NEVER_REPEATED = new Set(['POST', 'PATCH', 'LOCK'])

/** Whether a request may have been delivered more than once, unseen. `delivers`: what the user states about the way. */
export function mayHaveCopies(
  sent: SentShape,
  runtime: OwnDelivery,
  delivers: 'once' | 'again' | undefined,
): boolean {
  if (runtime === 'browser' || delivers === 'again') return true
  if (delivers === 'once') return false
  if (runtime === 'unknown') return true
  return !NEVER_REPEATED.has(sent.method.toUpperCase()) || !sent.hasBody || isConditional(sent.headers)
}

/**
 * Whether a request has a precondition: the headers of RFC 9110, 13.1, WebDAV's `If`, and the vendors' own
 * (`x-goog-if-generation-match`, `x-amz-copy-source-if-match`).
 */
export function isConditional(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some(name => name.includes('if') && /(?:^|-)if(?:-|$)/.test(name))
}
