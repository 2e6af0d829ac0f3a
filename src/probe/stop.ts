import type { Seen } from './seen.ts'

/** Why the probe stops: the server did not treat the last request as an operation at all. */
export type Stop = {
  readonly requestCount: number
  /** The name of the request in the report. */
  readonly request: string
  readonly seen: Seen
}

/** Answers given before the request reached the handler, which therefore show nothing about keys. */
export function isStop(seen: Seen): boolean {
  const { status } = seen
  if (seen.lost !== undefined || status >= 500 || isPage(seen)) return true
  return (status >= 300 && status < 400) || BEFORE_THE_HANDLER.has(status)
}

/**
 * For the later experiments, where refusals are findings. A handler whose first answer was a success never gives
 * these answers because of a key or a payload: the server is gone, or refuses further requests.
 */
export function isShutOut(seen: Seen): boolean {
  const { status, lost } = seen
  if (lost !== undefined || status >= 500 || (status < 400 && isPage(seen))) return true
  return (status >= 300 && status < 400) || NOT_OF_KEYS.has(status)
}

/**
 * The answer of a handler that failed on a body which it should have refused. A proxy in front answers with 502 to
 * 504.
 */
export function isFailure({ status }: Seen): boolean {
  return status === 500 || status === 501
}

const NOT_OF_KEYS: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 410, 421, 426, 429, 451])

/** Statuses about the caller, the place, the method or the format of a request: RFC 9110 15.5, RFC 6585. */
const BEFORE_THE_HANDLER: ReadonlySet<number> = new Set([
  401, 402, 403, 404, 405, 406, 407, 408, 410, 411, 413, 414, 415, 421, 425, 426, 429, 431, 451,
])

/** A page for people, from a proxy, a login or a framework, whatever its status. */
function isPage({ headers, body }: Seen): boolean {
  return /\bx?html\b/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype|html|\?xml)/i.test(body)
}

/** The text to print: what failed and what to do, without any statement about keys. */
export function reportOfStop({ requestCount, request, seen }: Stop): string {
  const count = requestCount === 1 ? '1 request' : `${requestCount} requests`
  return `Stopped after ${count}: not clear: ${request} ${wordOf(seen)}.\n${adviceOf(seen)}\nHow this server treats keys is not known.\n`
}

function wordOf({ status, lost, headers }: Seen): string {
  if (lost !== undefined) return `got no answer (${lost})`
  const { location } = headers
  return location === undefined ? `got ${status}` : `got ${status}, a redirect to ${location}`
}

function adviceOf(seen: Seen): string {
  const { status, lost } = seen
  if (lost !== undefined) return adviceOfLost(lost)
  if (status >= 300 && status < 400) return 'Redirects are not followed: probe the URL that it leads to.'
  if (status === 401 || status === 407)
    return "The server does not know who asks: give credentials with --header 'Authorization: …'."
  if (status === 403) return 'Who asks may not do this.'
  if (status === 404 || status === 410) return 'Nothing is there: look at the URL.'
  if (status === 405) return 'The method is not allowed there: look at --method and the URL.'
  if (status === 415 || status === 406)
    return "The type is not taken: give it with --header 'Content-Type: …'."
  if (status === 429) return 'The server takes no more requests now: wait, and probe again.'
  if (status >= 500) return 'The server failed. What was sent may have been performed all the same.'
  if (isPage(seen)) return 'The answer is a page, of a proxy or a login, and not of an API.'
  return 'The request was refused before it was looked at.'
}

function adviceOfLost(lost: string): string {
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(lost))
    return 'Nothing was sent: nobody listens there.'
  if (lost === 'bad port') return 'Nothing was sent: fetch refuses this port.'
  if (/CERT|SSL|TLS|SELF_SIGNED|ISSUER/.test(lost))
    return 'Nothing was sent: the connection could not be made safe.'
  return 'What was sent may have been performed all the same.'
}
