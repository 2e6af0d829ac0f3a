import { Duplex } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/* Content codings of responses (RFC 9110, 8.4.1), as fetch decodes them. Guarded requests ask for none. */

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * The body without its codings, the last one first. A body with a coding that is not known stays as it is: its text
 * then says nothing, so nothing is proven by it.
 */
export function decoded(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  codings: string | null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const names = (codings ?? '')
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '' && name !== 'identity')
  let stream = body
  if (names.length > MOST_CODINGS || !names.every(name => Object.hasOwn(DECODERS, name))) return body
  for (const name of names.toReversed()) {
    const decoder = DECODERS[name]?.()
    if (decoder !== undefined) stream = stream.pipeThrough(Duplex.toWeb(decoder) as Decoder)
  }
  return stream
}

type Decoder = ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>

/** As in undici's fetch: each coding is a decoder with buffers of its own. */
const MOST_CODINGS = 5
