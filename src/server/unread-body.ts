import type { ReadBytes } from './bodies.ts'
import { joined } from './bodies.ts'

/** Node's stream of a request, as far as it is read and put back. */
export interface UnreadStream {
  readonly readableDidRead: boolean
  readonly readableEnded: boolean
  readonly destroyed: boolean
  read(): unknown
  unshift(chunk: Uint8Array): void
  resume(): unknown
  on(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
}

/** Whether nobody has read of it: what it holds can be read, and put back for the handler. */
export function isUnread(stream: object): stream is UnreadStream {
  const { readableDidRead, unshift, read } = stream as Partial<UnreadStream>
  return readableDidRead === false && typeof unshift === 'function' && typeof read === 'function'
}

/**
 * Reads a whole body and puts it back, so that a parser in the handler (multer, busboy, @fastify/multipart) finds it.
 * It is put back before the stream tells of its end, after which nothing can be put back.
 */
export function readAndPutBack(stream: UnreadStream, limitBytes: number): Promise<ReadBytes> {
  return new Promise(resolve => {
    const chunks: Uint8Array<ArrayBuffer>[] = []
    let length = 0
    const settle = (read: ReadBytes) => {
      for (const [event, listener] of listeners) stream.off(event, listener)
      resolve(read)
    }
    const whole = () => {
      const bytes = joined(chunks)
      if (bytes.byteLength > 0) stream.unshift(bytes)
      settle({ kind: 'whole', bytes })
    }
    const readAll = () => {
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) {
        const bytes = new Uint8Array(chunk as Uint8Array)
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
    if (stream.destroyed) return cut()
    for (const [event, listener] of listeners) stream.on(event, listener)
  })
}

/** All has arrived, and `end` was not told yet: Node tells of it in the next turn after the last read. */
function hasEnded(stream: UnreadStream): boolean {
  const { _readableState: state } = stream as { readonly _readableState?: { readonly ended?: boolean } }
  return state?.ended === true
}
