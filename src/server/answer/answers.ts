import type { ServerAnswer, ServerBody } from './answer.ts'
import { bodyOfAnswer, PlainAnswer } from './answer.ts'
import type { ReadBytes } from './bodies.ts'
import { readUpTo } from './bodies.ts'
import type { AnswerOutcome, StoredAnswer } from '../core/key-state.ts'
import type { HeaderLookup } from './header-table.ts'
import { HeaderTable } from './header-table.ts'
import { endToEnd } from './hop-by-hop.ts'
import type { OwnAnswer } from '../core/problem.ts'
import type { KeptHeaders } from './kept-headers.ts'

/* Conversion between an answer and its stored form. */

export type AnswerRules = {
  readonly maxBytes: number
  /** Decides which headers of an answer are stored. */
  readonly headers: KeptHeaders
}

/** The handler's answer, read completely: the answer to send now, and the answer to store. */
export type HandlerAnswer = { readonly answer: PlainAnswer; readonly stored: StoredAnswer }

/* Classes for the reason that `Service` has. */

class ReadAnswer implements HandlerAnswer {
  readonly answer: PlainAnswer
  readonly stored: StoredAnswer

  constructor(answer: PlainAnswer, stored: StoredAnswer) {
    this.answer = answer
    this.stored = stored
  }
}

class StoredText implements StoredAnswer {
  readonly status: number
  readonly headers: StoredAnswer['headers']
  readonly body: string
  readonly form: 'text' | 'base64'

  constructor(status: number, headers: StoredAnswer['headers'], body: string, form: 'text' | 'base64') {
    this.status = status
    this.headers = headers
    this.body = body
    this.form = form
  }
}

/** Statuses whose Response has no body: WHATWG Fetch, "null body status". */
const BODILESS = new Set([204, 205, 304])

/** Throws if the value is no usable answer: not a Response, with a body already used, or with a body that broke off. */
export function readHandlerAnswer(
  given: unknown,
  rules: AnswerRules,
): HandlerAnswer | Promise<HandlerAnswer> {
  const answer = checkedAnswer(given)
  if (
    answer instanceof PlainAnswer &&
    answer.text !== undefined &&
    answer.text.length <= rules.maxBytes / MOST_BYTES
  )
    return textRead(answer, answer.text, rules)
  const body = bodyOfAnswer(answer)
  const read = readUpTo(body, rules.maxBytes)
  return read instanceof Promise
    ? read.then(whole => answerRead(answer, body, whole, rules))
    : answerRead(answer, body, read, rules)
}

const STORED_OF_A_VALUE: StoredAnswer['headers'] = [['content-type', 'application/json']]

/** The headers of every value that `run` returns, one table for all. */
export const OF_A_VALUE = new HeaderTable()
for (const [name, value] of STORED_OF_A_VALUE) OF_A_VALUE.set(name, value)

/** The most bytes that one UTF-16 code unit takes in UTF-8. */
const MOST_BYTES = 3

/** Reads an answer whose text is certainly short enough. Its bytes are usually not needed. */
function textRead(answer: PlainAnswer, text: string, rules: AnswerRules): HandlerAnswer {
  const { status, statusText } = answer
  // Nobody has added a header, so nothing has to be left out, and every rule keeps the type of a body.
  if (answer.headers === OF_A_VALUE)
    return new ReadAnswer(
      answer,
      storedAs(status, STORED_OF_A_VALUE, text, () => encoder.encode(text)),
    )
  const own = endToEnd(answer.headers)
  const headers = keptOf(own, rules)
  const length = own.get('content-length')
  if (length !== null && status !== 304 && Number(length) !== encoder.encode(text).byteLength)
    own.delete('content-length')
  const isEmpty = BODILESS.has(status)
  return new ReadAnswer(
    new PlainAnswer({ status, statusText, headers: own, ...(!isEmpty && { text }) }),
    storedAs(status, headers, text, () => encoder.encode(text)),
  )
}

function keptOf(own: HeaderTable, rules: AnswerRules): StoredAnswer['headers'] {
  const headers: (readonly [name: string, value: string])[] = []
  own.forEach((value, name) => {
    if (rules.headers(name)) headers.push([name, value])
  })
  if (headers.length > 1) headers.sort(([a], [b]) => (a < b ? -1 : 1))
  return headers
}

function answerRead(
  answer: ServerAnswer,
  body: ServerBody,
  read: ReadBytes,
  rules: AnswerRules,
): HandlerAnswer {
  const { status, statusText } = answer
  const own = endToEnd(answer.headers)
  const headers = keptOf(own, rules)
  if (read.kind === 'cut') throw brokenOff(read.cause)
  const whole = read.kind === 'whole' ? read.bytes : read.rest
  // With a wrong length the client would wait for more, or would cut the body.
  const length = own.get('content-length')
  const isWrong = read.kind === 'whole' && status !== 304 && Number(length) !== read.bytes.byteLength
  if (length !== null && isWrong) own.delete('content-length')
  const isEmpty = body === null || BODILESS.has(status)
  const text = answer instanceof PlainAnswer ? answer.text : undefined
  return new ReadAnswer(
    isEmpty
      ? new PlainAnswer({ status, statusText, headers: own })
      : new PlainAnswer({ status, statusText, headers: own, body: whole, text }),
    read.kind === 'whole' && answer !== VALUELESS
      ? storedAs(status, headers, text ?? textOf(read.bytes), () => read.bytes)
      : { status, headers, body: '', form: 'left-out' },
  )
}

/** Returns a copy of the handler's answer that can be read while the original body stays whole. */
export function answerGiven(given: unknown): ServerAnswer {
  const answer = checkedAnswer(given)
  return answer instanceof PlainAnswer ? answer : answer.clone()
}

function checkedAnswer(given: unknown): ServerAnswer {
  if (given instanceof PlainAnswer) return given
  if (!isResponse(given)) throw new TypeError('The handler gave no Response.')
  if (given.status < 200) throw new TypeError('The handler gave an error as its Response.')
  if (given.bodyUsed) throw new TypeError('The handler gave a Response whose body was used already.')
  return given
}

/**
 * The answer for work that was done but has no value that can be stored. Repeats get no value either, not even an
 * empty one.
 */
export const VALUELESS = new PlainAnswer({ status: 200 })

/** The message includes the cause's message, for loggers that do not log causes. */
function brokenOff(cause: unknown): TypeError {
  const why = cause instanceof Error ? `: ${cause.message}` : '.'
  return new TypeError(`The body of the answer broke off${why}`, { cause })
}

/**
 * Repeats the first answer. If its body was left out, so are the headers that describe the body. `isProof`: the
 * answer proves the outcome of the key, and is marked as a replay.
 */
export function replay(
  answer: StoredAnswer,
  { outcome = 'executed', isProof = true }: { outcome?: AnswerOutcome; isProof?: boolean } = {},
): PlainAnswer {
  const headers = new HeaderTable()
  for (const [name, value] of answer.headers) {
    if (answer.form !== 'left-out' || !/^content-(?!location)/.test(name)) headers.append(name, value)
  }
  if (isProof) headers.set('idempotent-replayed', 'true')
  // The caching headers of the first answer applied to that answer alone.
  headers.set('cache-control', 'no-store')
  return new PlainAnswer({ status: answer.status, headers, ...storedBody(answer) }, { outcome })
}

/** Headers that a page of another origin may read, besides those that CORS always permits. */
const EXPOSED = ['Idempotency-Key', 'Idempotent-Replayed', 'Location', 'Retry-After']

/**
 * Names the answer's key in a header, so that a client notices if a proxy requested another key. For a request of a
 * page, a second header permits the page to read these headers. Who may send requests at all is up to the server's
 * own CORS.
 */
export function nameKey(given: ServerAnswer, key: string | undefined, asked: HeaderLookup): ServerAnswer {
  if (key === undefined) return given
  const answer =
    given instanceof PlainAnswer || !isFrozen(given.headers) ? given : new Response(given.body, given)
  answer.headers.set('idempotency-key', key)
  if (asked.has('origin'))
    answer.headers.set(
      'access-control-expose-headers',
      joinedNames(answer.headers.get('access-control-expose-headers') ?? '', EXPOSED),
    )
  return answer
}

/** A list of header names, each of them once. HTTP ignores case. */
export function joinedNames(list: string, further: readonly string[]): string {
  const names = list.split(',').flatMap(name => (name.trim() === '' ? [] : [name.trim()]))
  const seen = new Set(names.map(name => name.toLowerCase()))
  return [...names, ...further.filter(name => !seen.has(name.toLowerCase()))].join(', ')
}

/** Whether headers are immutable, as those of `Response.redirect` and of a fetch are. */
function isFrozen(headers: Headers): boolean {
  try {
    headers.delete('idempotency-key')
    return false
  } catch {
    return true
  }
}

/** The server's own answer. `speaksFor`: `'key'` if every later request with this key gets the same answer. */
export function respond(told: OwnAnswer, speaksFor: 'attempt' | 'key' = 'attempt'): PlainAnswer {
  const headers = new HeaderTable()
  for (const [name, value] of Object.entries(told.headers)) headers.set(name, value)
  headers.set('cache-control', 'no-store')
  if (speaksFor === 'key') headers.set('idempotent-replayed', 'true')
  const text = JSON.stringify(told.body)
  return new PlainAnswer({ status: told.status, headers, text }, { told })
}

function storedBody(answer: StoredAnswer): { readonly body?: ServerBody; readonly text?: string } {
  if (BODILESS.has(answer.status) || answer.form === 'left-out' || answer.body === '') return {}
  if (answer.form === 'text') return { text: answer.body }
  return { body: Uint8Array.from(atob(answer.body), character => character.charCodeAt(0)) }
}

const encoder = new TextEncoder()

// A byte order mark is part of the text, so it must come back.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function storedAs(
  status: number,
  headers: StoredAnswer['headers'],
  text: string | undefined,
  bytes: () => Uint8Array,
): StoredAnswer {
  // Stores cannot hold a NUL.
  if (text !== undefined && !text.includes('\0')) return new StoredText(status, headers, text, 'text')
  let binary = ''
  for (const byte of bytes()) binary += String.fromCharCode(byte)
  return new StoredText(status, headers, btoa(binary), 'base64')
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Checks the shape instead of `instanceof`, because a framework may bring its own Response class. */
export function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false
  const { status, headers, bodyUsed } = value as Partial<Response>
  return typeof status === 'number' && typeof headers?.get === 'function' && typeof bodyUsed === 'boolean'
}
