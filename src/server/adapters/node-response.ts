import { joinedNames } from '../answer/answers.ts'
import type { ServerAnswer } from '../answer/answer.ts'
import { bodyOfAnswer, PlainAnswer } from '../answer/answer.ts'
import { joined } from '../answer/bodies.ts'
import { HeaderTable, headerValue } from '../answer/header-table.ts'
import { chunkBytes } from './chunk-bytes.ts'
import { hopByHop } from '../answer/hop-by-hop.ts'

/** What the adapters use of Node's answer, by shape. */
export interface NodeResponse {
  statusCode: number
  statusMessage: string
  readonly destroyed: boolean
  readonly headersSent: boolean
  getHeaders(): Readonly<Record<string, number | string | readonly string[] | undefined>>
  setHeader(name: string, value: string | readonly string[]): unknown
  removeHeader(name: string): void
  writeHead: (status: number, ...rest: never[]) => unknown
  write: (chunk: Uint8Array, ...rest: never[]) => boolean
  end: (...rest: never[]) => unknown
  emit: (...rest: never[]) => unknown
  once(event: 'close' | 'drain', listener: () => void): unknown
  off(event: 'close' | 'drain', listener: () => void): unknown
  destroy(): unknown
}

export type Captured = {
  /** What the handler answered, once it has ended its answer. */
  readonly answer: Promise<PlainAnswer>
  /** Calls back with it, as soon as it is there. */
  readonly onAnswer: (listener: (answer: PlainAnswer) => void) => void
  /** Calls back as soon as answers go out again. */
  readonly onRelease: (listener: () => void) => void
  /** Drops what was written of an answer that an error broke off: another is written in its place. */
  readonly restart: () => void
  /** Lets answers out again, and takes back the headers that the handler set. */
  readonly release: () => void
  readonly isReleased: () => boolean
  readonly isAnswered: () => boolean
  readonly released: Promise<void>
  /** What was set before the handler, and is not in its answer. */
  readonly removed: () => readonly string[]
}

/** Holds what is written to an answer. The first end counts: what comes after it is left out. */
export function captureAnswer(response: NodeResponse): Captured {
  const before = response.getHeaders()
  const { statusCode, writeHead, write, end, emit } = response
  let heldClose = false
  let hasReason = false
  const release = new Once<void>()
  const answer = new Once<PlainAnswer>()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let text: string | undefined
  let ended = false
  let removed: readonly string[] = []
  let hasHead = false
  /** As Node does with the first byte of a body: who has put a `writeHead` of his own there (on-headers) waits for that. */
  const beginHead = () => {
    if (hasHead || ended) return
    hasHead = true
    if (response.writeHead !== held.writeHead) response.writeHead(response.statusCode)
  }
  const held = {
    writeHead(status: number, ...rest: readonly unknown[]) {
      hasHead = true
      response.statusCode = status
      // HTTP/2 has no reason, and warns of whoever looks at it.
      hasReason = typeof rest[0] === 'string'
      if (hasReason) response.statusMessage = String(rest[0])
      for (const [name, value] of headerPairs(rest.at(-1))) response.setHeader(name, value)
      return response
    },
    write(chunk: unknown, ...rest: readonly unknown[]) {
      beginHead()
      if (!ended) chunks.push(chunkBytes(chunk, rest[0]))
      callBack(rest)
      return true
    },
    end(...rest: readonly unknown[]) {
      beginHead()
      const [chunk] = rest
      if (!ended && chunk !== undefined && chunk !== null && typeof chunk !== 'function') {
        if (chunks.length === 0) text = textOfChunk(chunk, rest[1])
        chunks.push(chunkBytes(chunk, rest[1]))
      }
      if (!ended) {
        const after = response.getHeaders()
        removed = removedHeaders(before, after)
        const whole = answerOf(response.statusCode, changedHeaders(before, after), { chunks, text })
        ended = true
        answer.tell(whole)
      }
      say(response, true)
      callBack(rest)
      return response
    },
    emit(...event: readonly unknown[]) {
      // The client has left. A stream that is piped here would stop, and the answer would never end.
      if (event[0] === 'close') return (heldClose = true)
      return emit.apply(response, event as never[])
    },
  }
  Object.assign(response, held)
  return {
    get answer() {
      return answer.promise()
    },
    onAnswer: listener => answer.hear(listener),
    onRelease: listener => release.hear(listener),
    restart: () => {
      chunks.length = 0
      hasHead = false
      if (hasReason) response.statusMessage = ''
      for (const name of ['content-length', 'transfer-encoding']) response.removeHeader(name)
    },
    isReleased: () => release.isTold,
    isAnswered: () => ended,
    get released() {
      return release.promise()
    },
    removed: () => removed,
    release: () => {
      if (release.isTold) return
      release.tell()
      say(response, false)
      Object.assign(response, { statusCode, writeHead, write, end, emit })
      takeBackHeaders(response, before)
      if (heldClose) emit.apply(response, ['close'] as never[])
    },
  }
}

/** What happens once: those who listen by then are called at once, those who come later as they come. */
export class Once<Value> {
  #told: { readonly value: Value } | undefined
  #listeners: ((value: Value) => void)[] | undefined

  get isTold(): boolean {
    return this.#told !== undefined
  }

  tell(value: Value): void {
    this.#told = { value }
    for (const listener of this.#listeners ?? []) listener(value)
  }

  hear(listener: (value: Value) => void): void {
    if (this.#told === undefined) (this.#listeners ??= []).push(listener)
    else listener(this.#told.value)
  }

  promise(): Promise<Value> {
    return new Promise(resolve => this.hear(resolve))
  }
}

/**
 * An answer that has ended says so to whoever asks before it answers, as if it had gone out. The properties stay, and
 * say what their prototype says: an object of which one was deleted is slow at all that is done with it later.
 */
function say(response: NodeResponse, ended: boolean): void {
  const said = response as { [HAS_ENDED]?: boolean }
  said[HAS_ENDED] = ended
  if (!ended || Object.hasOwn(response, 'writableEnded')) return
  Object.defineProperty(response, 'headersSent', HEADERS_SENT)
  Object.defineProperty(response, 'writableEnded', WRITABLE_ENDED)
}

const HAS_ENDED = Symbol('stillonce.has-ended')

const HEADERS_SENT = { configurable: true, get: says('headersSent') }
const WRITABLE_ENDED = { configurable: true, get: says('writableEnded') }

function says(name: 'headersSent' | 'writableEnded') {
  return function (this: { readonly [HAS_ENDED]?: boolean }): unknown {
    return (
      this[HAS_ENDED] === true || (Reflect.get(Object.getPrototypeOf(this) as object, name, this) as unknown)
    )
  }
}

/** Writes an answer out, as fast as it is taken; a promise where that takes its time. */
export function writeAnswer(response: NodeResponse, answer: ServerAnswer): Promise<void> | undefined {
  response.statusCode = answer.status
  if (answer.statusText !== '') response.statusMessage = answer.statusText
  const left = hopByHop(answer.headers)
  answer.headers.forEach((value, name) => {
    if (name !== 'set-cookie' && !left.has(name))
      response.setHeader(name, name === EXPOSE ? exposed(response, value) : value)
  })
  const cookies = answer.headers.getSetCookie()
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  const body = bodyOfAnswer(answer)
  if (body instanceof Uint8Array) {
    // Node says it by itself only where no other was set, and taken away, before.
    response.setHeader('content-length', String(body.byteLength))
    const end = response.end.bind(response) as (chunk: Uint8Array | string) => unknown
    end((answer instanceof PlainAnswer ? answer.text : undefined) ?? body)
    return undefined
  }
  if (body !== null) return writeStream(response, body)
  response.end()
  return undefined
}

/** Rejects with what the stream fails with; what has gone out by then would look whole, so that the connection is cut. */
async function writeStream(response: NodeResponse, body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader()
  // Also while the stream has nothing to give.
  const leave = () => void reader.cancel().catch(() => {})
  response.once('close', leave)
  try {
    while (!response.destroyed) {
      const { done, value } = await reader.read()
      if (done || response.destroyed) break
      if (!response.write(value)) await writable(response)
    }
    response.end()
  } catch (error) {
    if (response.headersSent) response.destroy()
    throw error
  } finally {
    response.off('close', leave)
    leave()
  }
}

const EXPOSE = 'access-control-expose-headers'

/** A header's value as one list, whatever form it was set in. */
export function listOf(value: unknown): string {
  return headersOf({ list: value }).get('list') ?? ''
}

/** What the app's own CORS exposes stays exposed. */
function exposed(response: NodeResponse, names: string): string {
  return joinedNames(listOf(response.getHeaders()[EXPOSE]), names.split(', '))
}

function writable(response: NodeResponse): Promise<void> {
  return new Promise(resolve => {
    const goOn = () => {
      for (const event of ['drain', 'close'] as const) response.off(event, goOn)
      resolve()
    }
    for (const event of ['drain', 'close'] as const) response.once(event, goOn)
  })
}

function takeBackHeaders(response: NodeResponse, before: NodeHeaders): void {
  const after: NodeHeaders = response.getHeaders()
  for (const name of Object.keys(after)) if (before[name] !== after[name]) response.removeHeader(name)
  for (const name of Object.keys(before))
    if (before[name] !== after[name] && before[name] !== undefined)
      response.setHeader(name, nodeValue(before[name]))
}

/** A text that its bytes in UTF-8 give back: half a surrogate pair has none. */
function textOfChunk(chunk: unknown, encoding: unknown): string | undefined {
  if (typeof chunk !== 'string' || !(typeof encoding !== 'string' || /^utf-?8$/i.test(encoding)))
    return undefined
  return chunk.isWellFormed() ? chunk : undefined
}

function answerOf(
  status: number,
  own: NodeHeaders,
  {
    chunks,
    text,
  }: { readonly chunks: readonly Uint8Array<ArrayBuffer>[]; readonly text: string | undefined },
): PlainAnswer {
  const headers = headersOf(own)
  const isEmpty = chunks.length === 0 || status === 204 || status === 205 || status === 304
  return isEmpty
    ? new PlainAnswer({ status, headers })
    : new PlainAnswer({ status, headers, body: joined(chunks), text })
}

type NodeHeaders = Readonly<Record<string, unknown>>

/**
 * What the handler set itself. What was there before it belongs to this one request (its id, its CORS): the framework
 * sets it again for each, so that it is not given again with the answer.
 */
export function changedHeaders(before: NodeHeaders, after: NodeHeaders): NodeHeaders {
  const changed = Object.create(null) as Record<string, unknown>
  for (const name of Object.keys(after))
    if (before[name] !== after[name] && String(before[name]) !== String(after[name]))
      changed[name] = after[name]
  return changed
}

/** What the handler took away: from its own answer only, because the record keeps what an answer has. */
export function removedHeaders(before: NodeHeaders, after: NodeHeaders): readonly string[] {
  return Object.keys(before).filter(name => after[name] === undefined)
}

export function headersOf(table: NodeHeaders): HeaderTable {
  const headers = new HeaderTable()
  for (const name of Object.keys(table)) {
    const value = table[name]
    if (value === undefined) continue
    const lower = name.toLowerCase()
    if (Array.isArray(value)) for (const one of value) headers.append(lower, headerValue(String(one)))
    else headers.append(lower, headerValue(`${value as string | number}`))
  }
  return headers
}

/** As `writeHead` takes them: an object, a list of names and values in turn, or a list of pairs. In a list a name may come twice. */
function headerPairs(headers: unknown): Iterable<readonly [name: string, value: string | readonly string[]]> {
  if (typeof headers !== 'object' || headers === null) return []
  const pairs = new Map<string, readonly [name: string, value: string | readonly string[]]>()
  for (const [name, value] of Array.isArray(headers) ? listedPairs(headers) : Object.entries(headers)) {
    if (value === undefined) continue
    const lower = String(name).toLowerCase()
    const earlier = pairs.get(lower)
    const own = nodeValue(value)
    pairs.set(lower, [String(name), earlier === undefined ? own : [earlier[1], own].flat()])
  }
  return pairs.values()
}

function listedPairs(list: readonly unknown[]): readonly (readonly unknown[])[] {
  if (Array.isArray(list[0])) return list.filter(pair => Array.isArray(pair))
  return Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index], list[2 * index + 1]])
}

function nodeValue(value: unknown): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : `${value as string | number}`
}

function callBack(rest: readonly unknown[]): void {
  const last = rest.at(-1)
  if (typeof last === 'function') queueMicrotask(last as () => void)
}
