import { randomBits } from '../runtime/random-stock.ts'

/**
 * The version of a write: 128 random bits in the form of a UUID, 36 characters. Versions of two writers must never be
 * equal.
 *
 * @see findings/node-gives-processes-of-one-snapshot-the-same-ids.sh
 */
export function writeVersion(): string {
  const bytes = randomBits()
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    CODES[PLACES[2 * at] ?? 0] = DIGITS[byte >> 4] ?? 0
    CODES[PLACES[2 * at + 1] ?? 0] = DIGITS[byte & 15] ?? 0
  }
  // One text at once: of 20 joined parts, V8 would make a tree, and a text of the tree when the version is sent.
  return String.fromCharCode.apply(null, CODES)
}

const DIGITS = codesOf('0123456789abcdef')
const CODES = codesOf('00000000-0000-0000-0000-000000000000')
/** Where a version has digits, and no hyphen. */
const PLACES = CODES.flatMap((code, at) => (code === 45 ? [] : [at]))

function codesOf(text: string): number[] {
  return Array.from(text, character => character.charCodeAt(0))
}
