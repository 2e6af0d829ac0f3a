/**
 * A longer text is written as JSON in parts, UTF-16 code units. The memory for a text of a megabyte has to come from
 * the system each time, which costs more than everything that is done with the text.
 */
const LONG = 65_536
const PART = 16_384

/** Pushes the JSON of a text. */
export function pushJsonOf(text: string, parts: string[]): void {
  if (text.length <= LONG) {
    parts.push(JSON.stringify(text))
    return
  }
  parts.push('"')
  for (const part of escaped(text)) parts.push(part)
  parts.push('"')
}

/** The JSON of a list of texts, each of which may be in parts. The result is in parts if it is long. */
export function jsonOfTexts(texts: readonly (string | readonly string[])[]): Iterable<string> {
  const whole: string[] = []
  for (const text of texts) {
    if (lengthOf(text) > LONG) return listed(texts)
    whole.push(typeof text === 'string' ? text : text.join(''))
  }
  return JSON.stringify(whole)
}

function lengthOf(text: string | readonly string[]): number {
  if (typeof text === 'string') return text.length
  let length = 0
  for (const part of text) length += part.length
  return length
}

function* listed(texts: readonly (string | readonly string[])[]): Generator<string> {
  for (const [index, text] of texts.entries()) {
    yield index === 0 ? '["' : '","'
    if (typeof text === 'string') {
      yield* escaped(text)
      continue
    }
    let gathered = ''
    for (const part of text) {
      gathered += part
      if (gathered.length < PART) continue
      yield* escaped(gathered)
      gathered = ''
    }
    yield* escaped(gathered)
  }
  yield '"]'
}

/** The JSON of a text without the quotes, in parts. */
function* escaped(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const full = at + PART
    // A surrogate pair stays in one part, because JSON writes half of one as an escape.
    const end = full < text.length && isHighSurrogate(text.charCodeAt(full - 1)) ? full - 1 : full
    yield JSON.stringify(text.slice(at, end)).slice(1, -1)
    at = end
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdb_ff
}
