/*
 * PGlite removes a byte order mark (U+FEFF) from the beginning of every text that it returns. A value that begins
 * with one is stored behind U+0001, and so is a value that begins with U+0001 itself.
 */
const GUARD = '\u0001'

export function storedText(value: string): string {
  return value.startsWith('\uFEFF') || value.startsWith(GUARD) ? `${GUARD}${value}` : value
}

export function valueOfStored(stored: string): string {
  return stored.startsWith(GUARD) ? stored.slice(1) : stored
}
