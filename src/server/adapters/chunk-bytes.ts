/** The bytes of a chunk of Node's streams: bytes, or text in one of Node's encodings. */
export function chunkBytes(chunk: unknown, encoding: unknown): Uint8Array<ArrayBuffer> {
  if (chunk instanceof Uint8Array) return new Uint8Array(chunk)
  const text = String(chunk)
  switch (typeof encoding === 'string' ? encoding.toLowerCase() : 'utf8') {
    case 'latin1':
    case 'binary':
    case 'ascii':
      return Uint8Array.from(text, character => character.charCodeAt(0))
    case 'base64':
    case 'base64url':
      return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))
    case 'hex':
      return Uint8Array.from(text.match(/../g) ?? [], byte => Number.parseInt(byte, 16))
    case 'utf16le':
    case 'utf-16le':
    case 'ucs2':
    case 'ucs-2':
      return Uint8Array.from(utf16Bytes(text))
    default:
      return encoder.encode(text)
  }
}

const encoder = new TextEncoder()

function* utf16Bytes(text: string): Generator<number> {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    yield unit & 0xff
    yield unit >> 8
  }
}
