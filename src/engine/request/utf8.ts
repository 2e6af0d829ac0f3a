const encoder = new TextEncoder()

/** Longer texts are left to the encoder, which is slow to call but fast at work. */
const SHORT = 256

/** The UTF-8 encoding of a text. Most bodies are short and ASCII. */
export function utf8Of(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text
  if (length > SHORT) return encoder.encode(text)
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit > 0x7f) return encoder.encode(text)
    bytes[at] = unit
  }
  return bytes
}
