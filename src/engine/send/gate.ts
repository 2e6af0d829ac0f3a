import type {
  Answer,
  AnswerBody,
  Evidence,
  FailureCause,
  RefusalReason,
} from '../../core/answers/evidence.ts'
import { isOfAnotherUrl } from '../../core/answers/redirected-ask.ts'
import { classifyFailure } from '../../core/answers/transport-failure.ts'
import type { Carrier } from '../../runtime/carrier.ts'
import type { Fetch } from '../../public/transport.ts'
import type { BodyRules, ReadBody } from '../answer/body.ts'
import { answerBody, answerHeaders, readBody } from '../answer/body.ts'
import { configurationError } from '../../public/errors.ts'
import { NO_CORS, carriedOptions } from '../../runtime/fetch-options.ts'
import type { Cue } from '../../runtime/cue.ts'
import { errorFacts } from '../answer/error-facts.ts'
import type { Delivered } from './delivery.ts'
import type { Heads } from './own-heads.ts'
import { OwnHeads } from './own-heads.ts'
import { MOST_REDIRECTS, redirectWithin } from './redirect.ts'
import type { Watched } from '../../runtime/send-watch.ts'

/*
 * The gate is the innermost fetch, inside the http layer and its hooks: the last check before the first
 * byte, and the first look at what came back. Per send:
 *
 *   check -> write ahead -> check again -> fetch -> read the body -> observe -> hand a copy to the http layer
 *
 * From the request that the hooks made it takes headers and signal; method, URL, bytes, key and
 * `redirect: 'manual'` are imposed. What the http layer makes of the answer is never evidence.
 */
export type GateHost = {
  readonly method: string
  readonly url: URL
  readonly body: Uint8Array<ArrayBuffer> | undefined
  /** Set on every send, whatever the hooks did: the key, and what the definition demands. */
  readonly imposed: () => Readonly<Record<string, string>>
  readonly innermost: Fetch
  /** What is known of the way that a send takes now; `dispatcher` is the option of that name. */
  readonly carrier: (dispatcher: unknown) => Carrier
  readonly environment: 'node' | 'other'
  readonly limitBytes: number
  /** The http layer looks at the answer, so it gets a copy. */
  readonly copiesAnswers: boolean
  readonly watched: Watched | undefined
  /** Fires when this attempt's time is up; `cause` says why. */
  readonly cut: AbortSignal
  /** Fires with it. */
  readonly onCut: Cue
  readonly cutCause: () => FailureCause
  /** Resolves when a send is written ahead, with its number; a reason refuses. `isAborted`: its signal has fired. */
  atGate(isAborted: boolean): Promise<{ readonly send: number; readonly reason: RefusalReason | undefined }>
  /** Whether the byte may leave now, in this very tick; a reason refuses. `hop`: it follows a redirect. */
  atByte(send: number, isAborted: boolean, hop: boolean): RefusalReason | undefined
  /** `from`: the URL that was asked, the operation's own or where a redirect led. */
  observe(evidence: Evidence, from: URL, how: SentHow): void
  /** An answer that came although its attempt was given up: it may still prove success. */
  observeLate(answer: Answer, from: URL, how: SentHow): void
}

/** How a request left: `delivered` is whether it is known to have been delivered at most once. */
export type SentHow = {
  readonly delivered: Delivered
  /** Hooks' own included. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** Thrown through the http layer when the gate refuses; nothing was sent. */
class GateRefusal extends Error {
  readonly reason: RefusalReason

  constructor(reason: RefusalReason) {
    super(`stillonce refused to send: ${reason}`)
    this.name = 'GateRefusal'
    this.reason = reason
  }
}

function headsOf({ watched }: GateHost): Heads {
  return { count: watched?.count ?? 0, misdirectedCount: watched?.misdirectedCount ?? 0 }
}

/** Of the operation itself: those that repeat method and body. They are visible in Node only. */
const REDIRECTS = [307, 308]

/** One gate per attempt; the http layer may pass it more than once (`ky.retry()` after a token refresh). */
export type Gate = { readonly fetch: Fetch; readonly heads: OwnHeads }

export function createGate(host: GateHost): Gate {
  const heads = new OwnHeads(() => headsOf(host))
  const gated: Fetch = async (input, init) => {
    const request = isRequest(input) ? input : undefined
    const foreign = request?.signal ?? init?.signal ?? undefined
    // Before anything is written: it would leave without its key.
    if ((request?.mode ?? init?.mode) === 'no-cors')
      throw configurationError('http', `a hook or the transport set \`mode: 'no-cors'\`: ${NO_CORS}`)
    const { send, reason } = await host.atGate(foreign?.aborted === true)
    if (reason !== undefined) throw new GateRefusal(reason)
    const options = requestInit(host, request, init)
    const signal = watchSignals(host.cut, foreign)
    options.signal = signal.joined
    // A browser's fetch refuses to be called as a method of anything but its window.
    const { innermost } = host
    try {
      // The write took time: what was true before it may not be true now.
      const late = host.atByte(send, foreign?.aborted === true, false)
      if (late !== undefined) throw new GateRefusal(late)
      let { url } = host
      for (let hop = 0; ; hop++) {
        const sent = new Sent(host, options, heads, url, hop > 0 ? 'redirected' : 'first')
        try {
          const response = await innermost(url, options)
          const target =
            hop < MOST_REDIRECTS ? redirectWithin(response, url, host.url.origin, REDIRECTS) : undefined
          // Following is sending: what forbids a send now leaves the redirect where it is.
          const next =
            target !== undefined && host.atByte(send, false, true) === undefined ? target : undefined
          if (next === undefined)
            return sent.head(response) === 'without-body'
              ? response
              : taken(host, response, await readBody(response, rulesOf(host)), sent)
          response.body?.cancel().catch(() => {})
          url = next
        } catch (error) {
          sent.failed(error)
          throw error
        } finally {
          sent.end()
        }
      }
    } finally {
      signal.release()
    }
  }
  return { fetch: gated, heads }
}

/** What was read is observed, and the http layer has a copy to work with. */
function taken(host: GateHost, response: Response, read: ReadBody, sent: Sent): Response {
  sent.answered(answerBody(read, response.headers.get('content-type')))
  return host.copiesAnswers ? copyOf(response, read.bytes) : response
}

function rulesOf({ limitBytes, environment, method }: GateHost): BodyRules {
  return { limitBytes, framingVisible: environment === 'node', method }
}

/**
 * One send: by whom it goes, which heads were told of since, and one piece of evidence, the first of answer, failure and
 * cut.
 */
class Sent {
  readonly #host: GateHost
  readonly #heads: OwnHeads
  readonly #url: URL
  readonly #hop: 'first' | 'redirected'
  readonly #carrier: Carrier
  readonly #wasReliable: boolean
  readonly #before: Heads
  readonly #headers: SentHow['headers']
  readonly #endCut: () => void
  #isSeen = false
  #head: Omit<Answer, 'body'> | undefined

  constructor(host: GateHost, init: RequestInit, heads: OwnHeads, url: URL, hop: 'first' | 'redirected') {
    const { watched } = host
    this.#host = host
    this.#heads = heads
    this.#url = url
    this.#hop = hop
    this.#carrier = host.carrier(Reflect.get(init, 'dispatcher'))
    this.#wasReliable = watched?.isReliable(this.#carrier) ?? false
    const { headers } = init
    this.#headers = headers instanceof Headers ? Object.fromEntries(headers) : (headers as SentHow['headers'])
    this.#before = heads.begin()
    this.#endCut = host.onCut.on(() => this.#fail(undefined, host.cutCause()))
  }

  /** The head is here. Of an opaque answer it is all that a page may see. */
  head(response: Response): 'with-body' | 'without-body' {
    void this.#headersSent
    this.#head = headOf(response, this.#url, this.#host.method)
    if (response.type !== 'opaqueredirect' && response.status !== 0) return 'with-body'
    this.answered({ kind: 'whole', text: '', parsed: undefined, form: 'other' })
    return 'without-body'
  }

  answered(body: AnswerBody): void {
    if (this.#head === undefined) throw new Error('a body follows its head')
    const answer: Answer = { ...this.#head, body }
    if (this.#isSeen) this.#host.observeLate(answer, this.#url, this.#how)
    else this.#observe(answer)
  }

  failed(error: unknown): void {
    this.#fail(error)
  }

  end(): void {
    this.#heads.end(this.#before)
    this.#endCut()
  }

  #observe(evidence: Evidence): void {
    if (this.#isSeen) return
    this.#isSeen = true
    this.#host.observe(evidence, this.#url, this.#how)
  }

  #fail(error: unknown, cause?: FailureCause): void {
    if (this.#head !== undefined)
      return this.#observe({ ...this.#head, body: { kind: 'cut', text: '', why: 'connection' } })
    const failure = classifyFailure(errorFacts(error), {
      isTruthful: this.#isTruthful,
      // The redirect itself was an answer: something was sent.
      headReceived: this.#hop === 'redirected',
      headersSent: this.#headersSent,
    })
    return this.#observe(cause === undefined ? failure : { ...failure, cause })
  }

  /** Looked at when the send is over: a dispatcher that told of it is known to tell from now on. */
  get #headersSent(): 'seen' | 'not-seen' | 'unobserved' {
    if (this.#count > 0) {
      this.#host.watched?.spoke(this.#carrier)
      return 'seen'
    }
    return this.#wasReliable ? 'not-seen' : 'unobserved'
  }

  /** An error of Node's own agent is the one delivery's own; another dispatcher's is, where it tells of what it sends. */
  get #isTruthful(): boolean {
    return this.#carrier.kind === 'known' || (this.#carrier.kind === 'told' && this.#wasReliable)
  }

  get #how(): SentHow {
    return { delivered: this.#delivered, headers: this.#headers }
  }

  get #delivered(): Delivered {
    if (this.#carrier.kind === 'known') return 'once'
    const misdirectedCount = headsOf(this.#host).misdirectedCount - this.#before.misdirectedCount
    return this.#carrier.kind === 'told' && this.#count === 1 + misdirectedCount ? 'once' : 'perhaps-again'
  }

  get #count(): number {
    return headsOf(this.#host).count - this.#before.count
  }
}

function headOf(response: Response, from: URL, method: string): Omit<Answer, 'body'> {
  // A fetch that followed a redirect against `redirect: 'manual'` may have changed method and body. Not every one says
  // `redirected`.
  return {
    kind: 'answer',
    status: response.status,
    headers: answerHeaders(response),
    ownTarget: !response.redirected && !isOfAnotherUrl(response.url, from.href),
    bodiless: method === 'HEAD',
  }
}

function requestInit(
  host: GateHost,
  request: Request | undefined,
  init: RequestInit | undefined,
): RequestInit {
  const headers = imposedOn(request?.headers ?? init?.headers, host.imposed())
  const options = carriedOptions(request, init, host.environment)
  return { ...options, method: host.method, headers, body: host.body ?? null, redirect: 'manual' }
}

/** Plain headers with names in lower case, as the plain transport gives them, need no Headers object. */
function imposedOn(
  given: HeadersInit | undefined,
  imposed: Readonly<Record<string, string>>,
): Headers | Record<string, string> {
  if (given !== undefined && Object.getPrototypeOf(given) === Object.prototype) {
    const plain = given as Readonly<Record<string, string>>
    if (!Object.keys(plain).some(name => /[A-Z]/.test(name))) return { ...plain, ...imposed }
  }
  const headers = new Headers(given)
  for (const [name, value] of Object.entries(imposed)) headers.set(name, value)
  return headers
}

/** The attempt's own signal and the hooks', joined without `AbortSignal.any`, which leaks listeners. */
function watchSignals(cut: AbortSignal, foreign: AbortSignal | undefined) {
  if (foreign === undefined) return { joined: cut, release: () => {} }
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (cut.aborted || foreign.aborted) abort()
  cut.addEventListener('abort', abort)
  foreign.addEventListener('abort', abort)
  return {
    joined: controller.signal,
    release() {
      cut.removeEventListener('abort', abort)
      foreign.removeEventListener('abort', abort)
    },
  }
}

function copyOf(response: Response, bytes: Uint8Array<ArrayBuffer>): Response {
  const bodiless = [101, 204, 205, 304].includes(response.status)
  const copy = new Response(bodiless ? null : bytes, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  })
  Object.defineProperty(copy, 'url', { value: response.url })
  return copy
}

function isRequest(input: RequestInfo | URL): input is Request {
  return typeof input === 'object' && 'headers' in input
}
