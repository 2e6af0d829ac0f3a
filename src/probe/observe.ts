/* The requests that the probe sends, and what it observes. Each experiment uses its own keys. */

import type { Seen } from './seen.ts'
import type { Stop } from './stop.ts'
import { isFailure, isShutOut, isStop } from './stop.ts'

export type ProbeTarget = {
  readonly url: string
  readonly method: string
  readonly body: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly keyHeader: string
}

export type KeyForm = 'raw' | 'quoted'

export type Observations = {
  /** The form in which the server accepts the key. All later requests use this form. */
  readonly form: KeyForm
  /** The same key twice, one request after the other. */
  readonly repeated: readonly [Seen, Seen]
  /** Another key with the same body, to see whether the answers of different operations differ at all. */
  readonly otherKey: Seen
  /** The first key in the other form. */
  readonly otherForm: Seen
  /** The first key with another body. */
  readonly otherBody: Seen
  /** Four concurrent requests with one key. */
  readonly concurrent: readonly Seen[]
  /** Under one key: a body that should be refused, the same body again, and then the good body. */
  readonly refused: readonly [Seen, Seen, Seen]
  readonly withoutKey: Seen
}

/**
 * The most requests: a refused raw key is tried again in quotes, and after a 500 for a missing key the first key is
 * sent again.
 */
export const MOST_REQUESTS = 15

type Sending = { readonly key?: string; readonly form?: KeyForm; readonly body?: string }

/** Performs all experiments, or stops at the first answer that shows nothing about keys. Each request is real. */
export async function observeServer(
  target: ProbeTarget,
  send: typeof fetch,
  createKey: () => string,
): Promise<Observations | { readonly stop: Stop }> {
  let requestCount = 0
  async function request({ key, form = 'raw', body = target.body }: Sending): Promise<Seen> {
    requestCount += 1
    const headers = new Headers(target.headers.map(([name, value]): [string, string] => [name, value]))
    if (!headers.has('content-type')) headers.set('content-type', contentTypeOf(target.body))
    if (key !== undefined) headers.set(target.keyHeader, form === 'raw' ? key : `"${key}"`)
    try {
      const response = await send(target.url, { method: target.method, headers, body, redirect: 'manual' })
      const { status } = response
      return { status, body: await response.text(), headers: Object.fromEntries(response.headers) }
    } catch (error) {
      return { status: 0, body: '', headers: {}, lost: nameOf(error) }
    }
  }

  const stopAt = (name: string, seen: Seen) => ({ stop: { requestCount, request: name, seen } })

  const [key, atOnce, refusedKey] = [createKey(), createKey(), createKey()]
  const raw = await request({ key })
  if (isStop(raw)) return stopAt('the first', raw)
  const quoted = isRefusal(raw) ? await request({ key, form: 'quoted' }) : undefined
  if (quoted !== undefined && (isRefusal(quoted) || isStop(quoted))) return stopAt('the first', raw)
  const [first, form]: [Seen, KeyForm] = quoted === undefined ? [raw, 'raw'] : [quoted, 'quoted']
  const second = await request({ key, form })
  if (isStop(second)) return stopAt('the second', second)
  const otherKey = await request({ key: createKey(), form })
  if (isStop(otherKey)) return stopAt('another key', otherKey)
  const badBody = contentTypeOf(target.body) === 'text/plain' ? '' : '[]'
  const otherForm = form === 'quoted' ? raw : await request({ key, form: 'quoted' })
  if (isShutOut(otherForm)) return stopAt('the key in quotes', otherForm)
  const otherBody = await request({ key, form, body: changed(target.body) })
  if (isShutOut(otherBody)) return stopAt('another payload', otherBody)
  const concurrent = await Promise.all(Array.from({ length: 4 }, () => request({ key: atOnce, form })))
  const shutOut = concurrent.find(isShutOut)
  if (shutOut !== undefined) return stopAt('one of four at once', shutOut)
  const refused: Seen[] = []
  for (const body of [badBody, badBody, target.body]) {
    const seen = await request({ key: refusedKey, form, body })
    // The good body may get the same answer again that the bad body got.
    const isOfTheBody = isFailure(seen) && (body === badBody || refused.some(isFailure))
    if (isShutOut(seen) && !isOfTheBody) return stopAt('a body to refuse', seen)
    refused.push(seen)
  }
  const withoutKey = await request({})
  if (isShutOut(withoutKey)) {
    // Some servers fail if the key is missing (Powertools). The first key then shows whether this server still works.
    const again = isFailure(withoutKey) ? await request({ key, form }) : undefined
    if (again === undefined || isShutOut(again)) return stopAt('the last, without a key,', withoutKey)
  }
  return {
    form,
    repeated: [first, second],
    otherKey,
    otherForm,
    otherBody,
    concurrent,
    refused: refused as unknown as Observations['refused'],
    withoutKey,
  }
}

function isRefusal({ status }: Seen): boolean {
  return status >= 400 && status < 500
}

function nameOf(error: unknown): string {
  const { name, cause } = error as Error & {
    readonly cause?: { readonly code?: string; readonly message?: string }
  }
  return cause?.code ?? cause?.message ?? name
}

function contentTypeOf(body: string): string {
  return parsed(body) === undefined ? 'text/plain' : 'application/json'
}

/** The same operation with other bytes: one more field, or a space. */
function changed(body: string): string {
  const value = parsed(body)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? JSON.stringify({ ...value, probe: 'another payload' })
    : `${body} `
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
