import { keepAtHand, readResponse } from './bodies.ts'
import type { AnswerOutcome, StoredAnswer } from '../core/key-state.ts'
import { endToEnd } from './hop-by-hop.ts'
import type { OwnAnswer } from '../core/problem.ts'
import type { KeptHeaders } from './kept-headers.ts'

/* Between a Response and what is kept of it. */

export type AnswerRules = {
  readonly maxBytes: number
  /** Which of the answer's headers are kept. */
  readonly headers: KeptHeaders
}

/** The handler's answer, read whole: what goes out now, and what is kept of it. */
export type HandlerAnswer = { readonly response: Response; readonly stored: StoredAnswer }

/** Statuses whose Response takes no body: WHATWG Fetch, "null body status". */
const BODILESS = new Set([204, 205, 304])

/** Throws where the answer is none: no Response, used already, or broken off in the middle. */
export async function readHandlerAnswer(response: unknown, rules: AnswerRules): Promise<HandlerAnswer> {
  if (!isResponse(response)) throw new TypeError('The handler gave no Response.')
  if (response.status < 200) throw new TypeError('The handler gave an error as its Response.')
  if (response.bodyUsed) throw new TypeError('The handler gave a Response whose body was used already.')
  const { status, statusText } = response
  const own = endToEnd(response.headers)
  const headers = [...own].filter(([name]) => rules.headers(name))
  const read = await readResponse(response, rules.maxBytes)
  if (read.kind === 'cut') throw brokenOff(read.cause)
  const body = read.kind === 'whole' ? read.bytes : read.rest
  const isEmpty = response.body === null || BODILESS.has(status)
  // A length that is not the body's would have the client wait, or cut it.
  const length = own.get('content-length')
  const isWrong = read.kind === 'whole' && status !== 304 && Number(length) !== read.bytes.byteLength
  if (length !== null && isWrong) own.delete('content-length')
  const whole = new Response(isEmpty ? null : body, { status, statusText, headers: own })
  return {
    response: read.kind === 'whole' && !isEmpty ? keepAtHand(whole, read.bytes) : whole,
    stored:
      read.kind === 'whole' && !VALUELESS.has(response)
        ? { status, headers, ...textOf(read.bytes) }
        : { status, headers, body: '', form: 'left-out' },
  }
}

/** The answer of what was done and has no value that could be kept: none is told of it later, not even an empty one. */
export function valueless(): Response {
  const response = new Response(null, { status: 200 })
  VALUELESS.add(response)
  return response
}

const VALUELESS = new WeakSet<Response>()

/** With the cause in its words, for who logs no causes. */
function brokenOff(cause: unknown): TypeError {
  const why = cause instanceof Error ? `: ${cause.message}` : '.'
  return new TypeError(`The body of the answer broke off${why}`, { cause })
}

/** The first answer again. Where its body was left out, so are the headers that tell of it. */
export function replay(answer: StoredAnswer, outcome: AnswerOutcome = 'executed'): Response {
  const headers = new Headers()
  for (const [name, value] of answer.headers) {
    if (answer.form !== 'left-out' || !/^content-(?!location)/.test(name)) headers.append(name, value)
  }
  headers.set('idempotent-replayed', 'true')
  // What the first answer said of caching was said of that answer.
  headers.set('cache-control', 'no-store')
  const response = responseOf(bodyOf(answer), { status: answer.status, headers })
  OUTCOMES.set(response, outcome)
  return response
}

const OUTCOMES = new WeakMap<Response, AnswerOutcome>()

/** What the record says of which this is a replay: its status alone may be what somebody concluded with. */
export function replayedOutcome(response: Response): AnswerOutcome | undefined {
  return OUTCOMES.get(response)
}

/** What a page of another origin may read of an answer, beside what CORS lets it read anyway. */
const EXPOSED = ['Idempotency-Key', 'Idempotent-Replayed', 'Location', 'Retry-After']

/**
 * Says in the answer which key it speaks of, so that a client notices where a proxy asked for another one. Asked by a
 * page, it says too that the page may read this; who may ask is the server's own CORS.
 */
export function nameKey(answer: Response, key: string | undefined, request: Request): Response {
  if (key === undefined) return answer
  const response = isFrozen(answer.headers) ? new Response(answer.body, answer) : answer
  response.headers.set('idempotency-key', key)
  if (request.headers.has('origin'))
    response.headers.set(
      'access-control-expose-headers',
      joinedNames(response.headers.get('access-control-expose-headers') ?? '', EXPOSED),
    )
  return response
}

/** A list of header names, each of them once, as HTTP tells them apart. */
export function joinedNames(list: string, further: readonly string[]): string {
  const names = list.split(',').flatMap(name => (name.trim() === '' ? [] : [name.trim()]))
  const seen = new Set(names.map(name => name.toLowerCase()))
  return [...names, ...further.filter(name => !seen.has(name.toLowerCase()))].join(', ')
}

/** Those of a Response that came from elsewhere: of `Response.redirect`, or of a fetch. */
function isFrozen(headers: Headers): boolean {
  try {
    headers.delete('idempotency-key')
    return false
  } catch {
    return true
  }
}

/** The server's own words. `again`: it is what this key is answered from now on, so that it speaks for the key. */
export function respond(told: OwnAnswer, speaksFor: 'attempt' | 'key' = 'attempt'): Response {
  const headers = new Headers({ ...told.headers, 'cache-control': 'no-store' })
  if (speaksFor === 'key') headers.set('idempotent-replayed', 'true')
  const response = responseOf(encoder.encode(JSON.stringify(told.body)), { status: told.status, headers })
  WORDS.set(response, told)
  return response
}

const WORDS = new WeakMap<Response, OwnAnswer>()

/** What the server says there in its own words; undefined where it is an answer of the handler, or its replay. */
export function wordsOf(response: Response): OwnAnswer | undefined {
  return WORDS.get(response)
}

/** Whether it is what the handler answers now: neither a replay nor the server's own words. */
export function isOwnAnswer(response: Response): boolean {
  return wordsOf(response) === undefined && replayedOutcome(response) === undefined
}

/** Of bytes, because a Response of text gives itself a content type. */
function responseOf(bytes: Uint8Array<ArrayBuffer> | null, init: ResponseInit): Response {
  return bytes === null ? new Response(null, init) : keepAtHand(new Response(bytes, init), bytes)
}

function bodyOf(answer: StoredAnswer): Uint8Array<ArrayBuffer> | null {
  if (BODILESS.has(answer.status) || answer.form === 'left-out' || answer.body === '') return null
  if (answer.form === 'text') return encoder.encode(answer.body)
  return Uint8Array.from(atob(answer.body), character => character.charCodeAt(0))
}

const encoder = new TextEncoder()

// A byte order mark is part of the text, so that it is given again.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Uint8Array): Pick<StoredAnswer, 'body' | 'form'> {
  try {
    const text = decoder.decode(bytes)
    // Stores hold no NUL.
    if (!text.includes('\0')) return { body: text, form: 'text' }
  } catch {
    // Not text.
  }
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return { body: btoa(binary), form: 'base64' }
}

/** Not by `instanceof`: a framework may bring a Response of its own. */
export function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false
  const { status, headers, bodyUsed } = value as Partial<Response>
  return typeof status === 'number' && typeof headers?.get === 'function' && typeof bodyUsed === 'boolean'
}
