import { configurationError } from '../public/errors.ts'
import type { Fetch } from '../public/transport.ts'

/** What a request of an SDK is made of, whatever it calls the parts. */
export type SdkCall = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  /** As fetch takes it; what is neither text nor bytes is the fetch's to refuse. */
  readonly body: unknown
  /** What is no AbortSignal is none. */
  readonly signal?: unknown
  /** `'manual'` where the SDK takes redirects for answers. What changes something is never redirected. */
  readonly redirect?: 'manual' | undefined
}

/** The request as fetch takes it: headers without a value are left out, lists are joined by fetch. */
export function sent(
  fetch: Fetch,
  { method, url, headers, body, signal, redirect }: SdkCall,
): Promise<Response> {
  const own = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    return values.filter(isText).map(each => [name, `${each}`])
  })
  const init: RequestInit & { duplex?: 'half' } = { method, headers: own }
  const isBodiless = ['GET', 'HEAD'].includes(method.toUpperCase())
  if (!isBodiless && body !== undefined && body !== null) {
    init.body = body as BodyInit
    // A stream is refused for an operation; one that `unguarded` lets pass needs it.
    init.duplex = 'half'
  }
  if (redirect !== undefined) init.redirect = redirect
  if (signal instanceof AbortSignal) init.signal = signal
  return fetch(url, init)
}

/** A URL with more in its query. */
export function withQuery(url: string, query: string): string {
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/**
 * Names and values as a form: of a list each item has the name; what is nothing is left out. Throws a `configuration` error for
 * what would be sent as `[object Object]`.
 */
export function asForm(values: unknown): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(values ?? {}))
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined && item !== null) form.append(name, textOf(item, name))
  return form
}

function textOf(item: unknown, name: string): string {
  if (isDate(item)) return item.toISOString()
  if (isText(item) || item === false || typeof item === 'bigint') return `${item}`
  throw configurationError(
    `form.${name}`,
    'is no text, no number and no date, and a form or a query holds nothing else: nothing was sent',
  )
}

/** An `Authorization` of user and password, in UTF-8 as SDKs for Node write it. */
export function basic(user = '', password = ''): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  return `Basic ${btoa(String.fromCodePoint(...bytes))}`
}

/** A signal and a timeout, of which 0 is none. Both end only the waiting. */
export function within(timeoutMs: number | undefined, signal: unknown): AbortSignal | undefined {
  const own = signal instanceof AbortSignal ? signal : undefined
  if (timeoutMs === undefined || timeoutMs <= 0) return own
  const late = AbortSignal.timeout(timeoutMs)
  return own === undefined ? late : AbortSignal.any([own, late])
}

function isText(value: unknown): value is string | number | true {
  return typeof value === 'string' || typeof value === 'number' || value === true
}

/** The headers of an answer; what came several times is joined. */
export function joinedHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers.keys()].map(name => [name, headers.get(name) ?? '']))
}

/** The same as node:http has them: of `set-cookie` each one, for a comma may stand in one. */
export function nodeHeadersOfAnswer(headers: Headers): Record<string, string | string[]> {
  const cookies = [...headers].filter(([name]) => name === 'set-cookie').map(([, value]) => value)
  return { ...joinedHeaders(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) }
}

/** The body of an answer as a stream, which is empty where there is none. */
export function streamOf({ body }: Response): ReadableStream<Uint8Array> {
  return body ?? new Blob([]).stream()
}

export function isDate(value: unknown): value is { toISOString(): string } {
  return typeof value === 'object' && value !== null && 'toISOString' in value
}
