import { configurationError } from '../public/errors.ts'
import type { Fetch } from '../public/transport.ts'

/** The parts of an SDK's request, under common names. */
export type SdkCall = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  /** In the form that fetch takes. The guarded fetch refuses a body that is neither text nor bytes. */
  readonly body: unknown
  /** Anything but an AbortSignal is ignored. */
  readonly signal?: unknown
  /** `'manual'` if the SDK takes redirects for responses. A request that changes something is never redirected. */
  readonly redirect?: 'manual' | undefined
}

/** Sends the request with fetch. Headers without a value are left out; fetch joins lists. */
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
    // A stream is refused for an operation, but a stream that `unguarded` lets pass needs this option.
    init.duplex = 'half'
  }
  if (redirect !== undefined) init.redirect = redirect
  if (signal instanceof AbortSignal) init.signal = signal
  return fetch(url, init)
}

/** Adds a query to a URL. */
export function withQuery(url: string, query: string): string {
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/**
 * Encodes names and values as a form. Each item of a list gets the name; null and undefined are left out. Throws a
 * `configuration` error for a value that would be sent as `[object Object]`.
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

/** A Basic `Authorization` header with user and password, in UTF-8 as SDKs for Node write it. */
export function basic(user = '', password = ''): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  return `Basic ${btoa(String.fromCodePoint(...bytes))}`
}

function isText(value: unknown): value is string | number | true {
  return typeof value === 'string' || typeof value === 'number' || value === true
}

/** The headers of a response; repeated ones are joined. */
export function joinedHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers.keys()].map(name => [name, headers.get(name) ?? '']))
}

/** The headers in the form of node:http: `set-cookie` as a list, because a cookie may contain a comma. */
export function nodeHeadersOfAnswer(headers: Headers): Record<string, string | string[]> {
  const cookies = [...headers].filter(([name]) => name === 'set-cookie').map(([, value]) => value)
  return { ...joinedHeaders(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) }
}

/** The body of a response as a stream, which is empty if there is no body. */
export function streamOf({ body }: Response): ReadableStream<Uint8Array> {
  return body ?? new Blob([]).stream()
}

export function isDate(value: unknown): value is { toISOString(): string } {
  return typeof value === 'object' && value !== null && 'toISOString' in value
}
