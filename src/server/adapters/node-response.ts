import { joinedNames } from '../answer/answers.ts'
import type { ServerAnswer } from '../answer/answer.ts'
import { bodyOfAnswer, PlainAnswer } from '../answer/answer.ts'
import { joined } from '../answer/bodies.ts'
import { HeaderTable, headerValue } from '../answer/header-table.ts'
import { chunkBytes } from './chunk-bytes.ts'
import { hopByHop } from '../answer/hop-by-hop.ts'

/** The parts of Node's response that the adapters use, by shape. */
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
  /** The handler's answer, once the handler has ended it. */
  readonly answer: Promise<PlainAnswer>
  /** Calls back with the answer as soon as it is complete. */
  readonly onAnswer: (listener: (answer: PlainAnswer) => void) => void
  /** Calls back as soon as answers are sent again. */
  readonly onRelease: (listener: () => void) => void
  /** Drops an answer that an error broke off, so that another answer can be written instead. */
  readonly restart: () => void
  /** Lets answers be sent again, and removes the headers that the handler set. */
  readonly release: () => void
  readonly isReleased: () => boolean
  readonly isAnswered: () => boolean
  readonly released: Promise<void>
  /** Names of headers that were set before the handler and that the handler removed. */
  readonly removed: () => readonly string[]
}

/** Holds what is written to an answer. The first end counts, and anything after it is dropped. */
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
  /**
   * Node calls `writeHead` at the first byte of a body, and packages that replace it (on-headers) rely on that call.
   */
  const beginHead = () => {
    if (hasHead || ended) return
    hasHead = true
    if (response.writeHead !== held.writeHead) response.writeHead(response.statusCode)
  }
  const held = {
    writeHead(status: number, ...rest: readonly unknown[]) {
      hasHead = true
      response.statusCode = status
      // HTTP/2 has no reason phrase, and warns when it is accessed.
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
      // The client has left. With this event, a stream piped into the answer would stop and the answer would never
      // end.
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

/** An event that happens once. Earlier listeners are called when it happens, later ones at once. */
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
 * Makes an ended answer report to other code that it has been sent, while it is still held. The properties stay
 * afterwards and return the prototype's value, because deleting a property would make every later use of the object
 * slow.
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

/** Writes an answer out as fast as the connection takes it. Returns a promise if that does not finish at once. */
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
    // Node sets this header itself only if no earlier value was set and removed.
    response.setHeader('content-length', String(body.byteLength))
    const end = response.end.bind(response) as (chunk: Uint8Array | string) => unknown
    end((answer instanceof PlainAnswer ? answer.text : undefined) ?? body)
    return undefined
  }
  if (body !== null) return writeStream(response, body)
  response.end()
  return undefined
}

/** Rejects with the stream's error. What was sent by then would look complete, so the connection is cut. */
async function writeStream(response: NodeResponse, body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader()
  // The client may leave while the stream has nothing to deliver.
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

/** The value of a header as one list, in whatever form it was set. */
export function listOf(value: unknown): string {
  return headersOf({ list: value }).get('list') ?? ''
}

/** Headers that the app's own CORS exposes stay exposed. */
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

/** A text that survives the way to UTF-8 and back. Text with half a surrogate pair does not. */
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
 * The headers that the handler itself set. Headers that were there before belong to this one request (its id, its
 * CORS). The framework sets them again for each request, so they are not repeated with the answer.
 */
export function changedHeaders(before: NodeHeaders, after: NodeHeaders): NodeHeaders {
  const changed = Object.create(null) as Record<string, unknown>
  for (const name of Object.keys(after))
    if (before[name] !== after[name] && String(before[name]) !== String(after[name]))
      changed[name] = after[name]
  return changed
}

/**
 * The headers that the handler removed. They are removed only from its own answer, because a record holds only
 * present headers.
 */
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

/**
 * Headers in the forms of `writeHead`: an object, a flat list of names and values, or a list of pairs. Lists may
 * repeat a name.
 */
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
