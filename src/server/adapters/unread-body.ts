import { configurationError } from '../../public/errors.ts'
import type { ReadBytes } from '../answer/bodies.ts'
import { joined } from '../answer/bodies.ts'
import { chunkBytes } from './chunk-bytes.ts'

/** Node's stream of a request, as far as reading it and putting it back needs. */
export interface UnreadStream extends AsyncIterable<unknown> {
  readonly readableDidRead: boolean
  readonly readableEnded: boolean
  readonly readableLength: number
  /** Set by `setEncoding`; the stream then returns text. */
  readonly readableEncoding?: string | null
  readonly destroyed: boolean
  read(): unknown
  unshift(chunk: Uint8Array | string, encoding?: string): void
  resume(): unknown
  on(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
}

/** Whether nobody has read the stream or begun to, so that its content can be read and put back for the handler. */
export function isUnread(stream: object): stream is UnreadStream {
  const { readableDidRead, unshift, read } = stream as Partial<UnreadStream>
  if (readableDidRead !== false || typeof unshift !== 'function' || typeof read !== 'function') return false
  return !isBegun(stream)
}

/**
 * Whether somebody already listens for data, with a listener, a pipe or an iterator, and will get the first bytes in
 * a later turn.
 */
function isBegun(stream: object): boolean {
  const { readableFlowing, listenerCount } = stream as {
    readonly readableFlowing?: boolean | null
    readonly listenerCount?: (event: string) => number
  }
  const isHeard = (event: string) =>
    typeof listenerCount === 'function' && listenerCount.call(stream, event) > 0
  return readableFlowing === true || isHeard('data') || isHeard('readable')
}

/**
 * Reads a whole body and puts it back, so that a parser in the handler (multer, busboy, @fastify/multipart) finds it.
 * The body is put back before the stream emits its end, because nothing can be put back later. The end of an empty
 * body is not consumed. Rejects with a `configuration` error if the stream holds anything but bytes and text.
 */
export function readAndPutBack(stream: UnreadStream, limitBytes: number): Promise<ReadBytes> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array<ArrayBuffer>[] = []
    const texts: string[] = []
    let length = 0
    const stop = () => {
      for (const [event, listener] of listeners) stream.off(event, listener)
    }
    const settle = (read: ReadBytes) => {
      stop()
      resolve(read)
    }
    const whole = () => {
      const bytes = joined(chunks)
      if (texts.length > 0) stream.unshift(texts.join(''), stream.readableEncoding ?? 'utf8')
      else if (bytes.byteLength > 0) stream.unshift(bytes)
      settle({ kind: 'whole', bytes })
    }
    const readAll = () => {
      // Reading on at the end of an empty body would consume that end, and a later reader would wait for ever.
      while (!isOver(stream)) {
        const chunk = stream.read()
        if (chunk === null) break
        if (typeof chunk === 'string') texts.push(chunk)
        else if (!(chunk instanceof Uint8Array)) {
          stop()
          return reject(noBytes())
        }
        const bytes = chunkBytes(chunk, stream.readableEncoding)
        chunks.push(bytes)
        length += bytes.byteLength
        if (length > limitBytes) {
          settle({ kind: 'too-large', rest: new ReadableStream() })
          // An unread body would keep the next request on this connection waiting.
          stream.resume()
          return
        }
      }
      if (hasEnded(stream)) whole()
    }
    const cut = () => settle({ kind: 'cut', cause: new Error('The request broke off.') })
    const listeners: readonly (readonly [string, () => void])[] = [
      ['readable', readAll],
      ['error', cut],
      ['close', cut],
      ['aborted', cut],
    ]
    if (isOver(stream)) return whole()
    if (stream.destroyed) return cut()
    for (const [event, listener] of listeners) stream.on(event, listener)
  })
}

/** Everything has arrived, and `end` may not have been emitted yet: Node emits it in the turn after the last read. */
function hasEnded(stream: UnreadStream): boolean {
  const { _readableState: state } = stream as { readonly _readableState?: { readonly ended?: boolean } }
  return state?.ended === true || stream.readableEnded
}

function isOver(stream: UnreadStream): boolean {
  return hasEnded(stream) && stream.readableLength === 0
}

function noBytes(): Error {
  return configurationError(
    'request.body',
    'is a stream of what is neither bytes nor text: say what counts of the request by the option payload',
  )
}
