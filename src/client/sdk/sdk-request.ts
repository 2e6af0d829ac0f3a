import { hearThrown } from '../../guards/synchronous.ts'
import type { OperationError } from '../../public/errors.ts'
import { configurationError } from '../../public/errors.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { isBodySigned } from './signed-key.ts'
import type { RequestSpec } from '../../engine/request/request-spec.ts'
import { bodyNow } from '../../engine/request/spec-now.ts'

/**
 * The longest body that is read of a Request, 1 GiB. It is twice what OpenAI, with the largest uploads of the SDKs in
 * docs/sdks.md, takes in one request.
 *
 * @see https://platform.openai.com/docs/api-reference/files/create
 */
const MOST_BYTES = 2 ** 30

/** How long the body of a Request may take to be read: as long as one attempt, in which the same body is sent. */
export type ReadingTime = { readonly runtime: Pick<Runtime, 'watchdog'>; readonly timeoutMs: number }

/** A request of an SDK, as the callbacks of `client.fetch` see it. Its body can be read any number of times. */
export interface SdkRequest {
  /** In upper case. */
  readonly method: string
  readonly url: string
  readonly headers: Headers
  text(): Promise<string>
  json(): Promise<unknown>
}

/** The arguments of a `fetch` call, interpreted as fetch does. */
export class GivenRequest implements SdkRequest {
  readonly method: string
  readonly url: string
  /** The parsed `url`. */
  readonly target: URL
  readonly headers: Headers
  readonly signal: AbortSignal | undefined
  readonly #path: string
  readonly #time: ReadingTime
  readonly #body: unknown
  readonly #request: Request | undefined
  #read: Promise<ArrayBuffer | FormData> | undefined

  /** `resolve` applies the base URL to a relative URL. */
  constructor(
    input: string | URL | Request,
    given: RequestInit | null | undefined,
    path: string,
    resolve: (url: string | URL) => URL,
    time: ReadingTime,
  ) {
    const init = given ?? {}
    const request = isRequest(input) ? input : undefined
    this.#path = path
    this.#time = time
    this.method = (init.method ?? request?.method ?? 'GET').toUpperCase()
    this.target = resolved(request?.url ?? (input as string | URL), resolve, path)
    this.url = this.target.href
    this.headers = headersOf(init.headers ?? request?.headers, path)
    // As in fetch, null takes the signal of a Request away.
    this.signal = (init.signal === undefined ? request?.signal : init.signal) ?? undefined
    if (this.signal !== undefined && !isSignal(this.signal))
      throw configurationError(`${path}.signal`, 'must be an AbortSignal')
    // The callbacks may take their time, and what the caller does to the body meanwhile is not what it asked for.
    this.#body = bodyNow(init.body ?? undefined)
    this.#request = this.#body === undefined && request?.body !== null ? request : undefined
  }

  async text(): Promise<string> {
    const body = await this.body()
    if (body === undefined || typeof body === 'string') return body ?? ''
    return new Response(body as BodyInit).text()
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  /**
   * The body in a form that can be sent again, as in a definition's `request`. Throws a `configuration` error if it
   * cannot be sent again.
   */
  body(): RequestSpec['body'] | Promise<RequestSpec['body']> {
    if (this.#request !== undefined) {
      if (this.#read === undefined && (this.#request.bodyUsed || this.#request.body?.locked === true))
        throw configurationError(
          `${this.#path}.body`,
          'was read before: nothing was sent. Give a Request that nobody has read, or a clone of it',
        )
      this.#read ??= readOf(this.#request, this.#time, fault => this.#unbounded(fault))
      return this.#read.then(read =>
        read instanceof ArrayBuffer && read.byteLength === 0 ? undefined : read,
      )
    }
    const body = this.#body
    if (isStream(body))
      throw configurationError(
        `${this.#path}.body`,
        'is a stream, which can be sent only once: nothing was sent. Have the SDK send a text, bytes, a Blob or FormData',
      )
    return body as RequestSpec['body']
  }

  #unbounded(fault: string): OperationError {
    return configurationError(
      `${this.#path}.body`,
      `${fault}: nothing was sent. Have the SDK send a text, bytes, a Blob or FormData, or let such requests pass by \`unguarded\``,
    )
  }
}

/**
 * A Request gets a new multipart boundary at each call, but the form behind it stays the same, so the form counts. If
 * the bytes are signed, they are sent as they are, and count.
 */
async function readOf(
  request: Request,
  time: ReadingTime,
  unbounded: Unbounded,
): Promise<ArrayBuffer | FormData> {
  const bytes = await bytesOf(request.clone(), time, unbounded)
  const type = request.headers.get('content-type') ?? ''
  if (!/^multipart\/form-data\b/i.test(type) || isBodySigned(request)) return bytes
  const again = new Response(bytes, { headers: { 'content-type': type } })
  return again.formData().catch(() => bytes)
}

/** The error for a body that has no bounds: what is wrong with it. */
type Unbounded = (fault: string) => OperationError

function bytesOf(
  request: Request,
  { runtime, timeoutMs }: ReadingTime,
  unbounded: Unbounded,
): Promise<ArrayBuffer> {
  // Firefox has no `body`; a Request cannot be made of a stream there. That of node-fetch is a stream of Node's.
  const body: object | null | undefined = request.body
  const isReadable = typeof body === 'object' && body !== null && 'getReader' in body
  const reader = isReadable ? request.body?.getReader() : undefined
  if (reader === undefined) return request.arrayBuffer()
  return new Promise((resolve, reject) => {
    const refuse = (fault: string) => {
      reject(unbounded(fault))
      reader.cancel().catch(hearThrown)
    }
    const late = () => refuse(`did not end within \`timeout\` (${timeoutMs} ms)`)
    const cancel = runtime.watchdog(timeoutMs, late)
    void wholeOf(reader, refuse).then(resolve, reject).finally(cancel)
  })
}

async function wholeOf(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  refuse: (fault: string) => void,
): Promise<ArrayBuffer> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Blob(chunks).arrayBuffer()
    // Of a stream of one's own any value may come, and a Blob would take its text.
    if (!((value as unknown) instanceof Uint8Array)) throw new TypeError('the body is a stream of no bytes')
    length += value.byteLength
    if (length > MOST_BYTES) {
      refuse('is longer than 1 GiB')
      return value.buffer
    }
    chunks.push(value)
  }
}

function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && 'url' in input && 'headers' in input
}

/** A signal of React Native or of a polyfill is of no class of the platform. */
function isSignal(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  return 'aborted' in given && 'addEventListener' in given && 'removeEventListener' in given
}

function isStream(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  return 'getReader' in body || Symbol.asyncIterator in body || 'pipe' in body
}

function resolved(input: string | URL, resolve: (url: string | URL) => URL, path: string): URL {
  try {
    return resolve(input)
  } catch {
    // The message leaves the URL out: it may contain a secret.
    throw configurationError(`${path}.url`, 'is not a URL, or is relative without a `baseUrl`')
  }
}

function headersOf(given: HeadersInit | undefined, path: string): Headers {
  try {
    return new Headers(given)
  } catch {
    // Node's own error repeats the value, which may be a credential.
    throw configurationError(`${path}.headers`, 'has what is no header name or no header value')
  }
}
