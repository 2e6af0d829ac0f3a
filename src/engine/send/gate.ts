import type { RefusalReason } from '../../core/answers/evidence.ts'
import { followedRedirect } from '../../core/answers/followed-redirect.ts'
import { whyNotSent } from '../../core/answers/not-sent.ts'
import type { Fetch } from '../../public/transport.ts'
import type { BodyRules, ReadBody } from '../answer/body.ts'
import { readBody } from '../answer/body.ts'
import { configurationError } from '../../public/errors.ts'
import { isNodeFetch } from '../../runtime/carrier.ts'
import { directOf, sendThrough } from '../../runtime/direct-fetch.ts'
import type { ReceivedResponse } from '../../runtime/direct-fetch.ts'
import { NO_CORS, carriedOptions } from '../../runtime/fetch-options.ts'
import type { GateHost } from './gate-host.ts'
import { OwnHeads } from './own-heads.ts'
import type { Head } from './sent.ts'
import { Sent } from './sent.ts'

/*
 * The gate is the innermost fetch, inside the http layer and its hooks: the last check before the first byte, and the
 * first to see the response. For each send:
 *
 *   check -> write ahead -> check again -> fetch -> read the body -> observe -> hand a copy to the http layer
 *
 * The gate takes headers and signal from the request that the hooks made. Method, URL, bytes, key and `redirect:
 * 'manual'` are imposed, and the hooks' statements about the length of their own bytes are left out. What the http
 * layer makes of the response is never evidence.
 */

/** Thrown through the http layer when the gate refuses; nothing was sent. */
class GateRefusal extends Error {
  readonly reason: RefusalReason

  constructor(reason: RefusalReason) {
    super(whyNotSent(reason))
    this.name = 'GateRefusal'
    this.reason = reason
  }
}

/** One gate per attempt. The http layer may pass it more than once (`ky.retry()` after a token refresh). */
export class Gate {
  readonly #host: GateHost
  readonly heads: OwnHeads
  /** Usually one, rarely more. */
  #underWay: readonly Sent[] = NONE
  #joined: readonly AbortController[] = NONE

  constructor(host: GateHost) {
    this.#host = host
    this.heads = new OwnHeads(host.watched)
  }

  readonly fetch: Fetch = async (input, init) => {
    const host = this.#host
    const request = isRequest(input) ? input : undefined
    const foreign = request?.signal ?? init?.signal ?? undefined
    // Checked before anything is written: the request would leave without its key.
    if ((request?.mode ?? init?.mode) === 'no-cors')
      throw configurationError('http', `a hook or the transport set \`mode: 'no-cors'\`: ${NO_CORS}`)
    const { send, reason } = await host.atGate(foreign?.aborted === true)
    if (reason !== undefined) throw new GateRefusal(reason)
    const options = requestInit(host, request, init)
    const joined = foreign === undefined ? undefined : this.#join(foreign)
    options.signal = joined === undefined ? host.cutSignal : joined.signal
    const { innermost } = host
    try {
      // The write took time, so the facts may have changed.
      const late = host.atByte(send, foreign?.aborted === true, false)
      if (late !== undefined) throw new GateRefusal(late)
      let { url } = host
      for (let hop = 0; ; hop++) {
        const sent = this.#begin(options, url, hop > 0 ? 'redirected' : 'first')
        try {
          const response = await sendThrough(innermost, url, options)
          const target = followedRedirect({ of: 'send', hop, response, from: url, origin: host.url.origin })
          // Following a redirect is a send: if sending is forbidden now, the redirect is not followed.
          const next =
            target !== undefined && host.atByte(send, false, true) === undefined ? target : undefined
          if (next === undefined) {
            const head = sent.head(response)
            return head === undefined
              ? (response as Response)
              : taken(host, response, await readBody(response, rulesOf(host, head)), sent)
          }
          response.body?.cancel().catch(() => {})
          url = next
        } catch (error) {
          sent.failed(error)
          throw error
        } finally {
          this.#end(sent)
        }
      }
    } finally {
      joined?.release()
    }
  }

  /** Ends all sends because the attempt's time is up. */
  cut(): void {
    for (const sent of this.#underWay) sent.cut()
    for (const controller of this.#joined) controller.abort()
  }

  #begin(options: RequestInit, url: URL, hop: 'first' | 'redirected'): Sent {
    const sent = new Sent(this.#host, options, this.heads.begin(), url, hop)
    this.#underWay = this.#underWay.length === 0 ? [sent] : [...this.#underWay, sent]
    return sent
  }

  #end(sent: Sent): void {
    this.heads.end(sent.before)
    this.#underWay = without(this.#underWay, sent)
  }

  /** Joins the attempt's own signal and the hooks' signal without `AbortSignal.any`, which leaks listeners. */
  #join(foreign: AbortSignal): { readonly signal: AbortSignal; readonly release: () => void } {
    const controller = new AbortController()
    const abort = () => controller.abort()
    if (this.#host.isCut || foreign.aborted) abort()
    this.#joined = [...this.#joined, controller]
    foreign.addEventListener('abort', abort)
    return {
      signal: controller.signal,
      release: () => {
        this.#joined = without(this.#joined, controller)
        foreign.removeEventListener('abort', abort)
      },
    }
  }
}

const NONE: readonly never[] = []

function without<Item>(list: readonly Item[], item: Item): readonly Item[] {
  if (list.length === 1) return list[0] === item ? NONE : list
  return list.filter(other => other !== item)
}

/** The response that was read is observed, and the http layer gets a copy to work with. */
function taken(host: GateHost, response: ReceivedResponse, read: ReadBody, sent: Sent): Response {
  sent.answered(read)
  // An http layer that ignores responses gets what has arrived, whatever that is.
  return host.copiesAnswers ? copyOf(response, read.bytes) : (response as Response)
}

function rulesOf({ limitBytes, environment, method }: GateHost, { headers }: Head): BodyRules {
  return { headers, limitBytes, framingVisible: environment === 'node', method }
}

function requestInit(
  host: GateHost,
  request: Request | undefined,
  init: RequestInit | undefined,
): RequestInit {
  const options = carriedOptions(request, init, host.environment)
  options.method = host.method
  const headers = imposedOn(request?.headers ?? init?.headers, host.imposed())
  options.headers = headers
  options.body = asText(host, headers) ?? host.body ?? null
  options.redirect = 'manual'
  return options
}

/**
 * The body as text, for a direct fetch, and for Node's own, which copies bytes three times. To Node's, a text without a
 * content type would add one.
 */
function asText(
  { text, innermost }: GateHost,
  headers: Headers | Record<string, string>,
): string | undefined {
  if (text === undefined) return undefined
  if (directOf(innermost) !== undefined) return text
  if (!isNodeFetch(innermost)) return undefined
  const hasType = headers instanceof Headers ? headers.has('content-type') : 'content-type' in headers
  return hasType ? text : undefined
}

/** Plain headers with names in lower case, as the plain transport provides them, need no Headers object. */
function imposedOn(
  given: HeadersInit | undefined,
  imposed: Readonly<Record<string, string>>,
): Headers | Record<string, string> {
  if (given !== undefined && Object.getPrototypeOf(given) === Object.prototype) {
    const plain = given as Readonly<Record<string, string>>
    if (Object.keys(plain).every(isPlainName)) return { ...plain, ...imposed }
  }
  const headers = new Headers(given)
  for (const name of OF_OTHER_BYTES) headers.delete(name)
  for (const [name, value] of Object.entries(imposed)) headers.set(name, value)
  return headers
}

/** The http layer's body may have had another length: fetch sets these headers for the imposed bytes. */
const OF_OTHER_BYTES = ['content-length', 'transfer-encoding']

function isPlainName(name: string): boolean {
  return name === name.toLowerCase() && !OF_OTHER_BYTES.includes(name)
}

function copyOf(response: ReceivedResponse, bytes: Uint8Array<ArrayBuffer>): Response {
  const bodiless = [101, 204, 205, 304].includes(response.status)
  const copy = new Response(bodiless ? null : bytes, {
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers],
  })
  Object.defineProperty(copy, 'url', { value: response.url })
  return copy
}

function isRequest(input: RequestInfo | URL): input is Request {
  return typeof input === 'object' && 'headers' in input
}
