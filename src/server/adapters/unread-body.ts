import { configurationError } from '../../public/errors.ts'
import type { ReadBytes } from '../answer/bodies.ts'
import { joined } from '../answer/bodies.ts'
import { chunkBytes } from './chunk-bytes.ts'

/** Node's stream of a request, as far as it is read and put back. */
export interface UnreadStream extends AsyncIterable<unknown> {
  readonly readableDidRead: boolean
  readonly readableEnded: boolean
  readonly readableLength: number
  /** Of `setEncoding`: it gives texts then. */
  readonly readableEncoding?: string | null
  readonly destroyed: boolean
  read(): unknown
  unshift(chunk: Uint8Array | string, encoding?: string): void
  resume(): unknown
  on(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
}

/** Whether nobody has read of it, nor has begun to: what it holds can be read, and put back for the handler. */
export function isUnread(stream: object): stream is UnreadStream {
  const { readableDidRead, unshift, read } = stream as Partial<UnreadStream>
  if (readableDidRead !== false || typeof unshift !== 'function' || typeof read !== 'function') return false
  return !isBegun(stream)
}

/** Somebody listens already, whom the first bytes reach in a turn to come: by data, a pipe, an iterator. */
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
 * The body is put back before the stream reports its end, after which nothing can be put back; the end of an empty one is
 * left untold. Rejects with a `configuration` error where it is a stream of anything but bytes and texts.
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
      // To read on at the end of an empty body would use that end up, and who reads it later would wait for ever.
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
          // What nobody reads would keep the next request of this connection waiting.
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

/** All has arrived, and `end` was not emitted yet: Node emits it in the next turn after the last read. */
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
