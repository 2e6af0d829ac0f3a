import { randomBits } from '../runtime/random-stock.ts'

/**
 * The version of a write: 128 random bits in the form of a UUID, 36 characters. Versions of two writers must never be
 * equal.
 *
 * @see findings/node-gives-processes-of-one-snapshot-the-same-ids.sh
 */
export function writeVersion(): string {
  const bytes = randomBits()
  let version = ''
  for (let place = 0; place < bytes.length; place += 1)
    version += (HYPHENS.has(place) ? '-' : '') + HEX[bytes[place] ?? 0]
  return version
}

/** A hyphen comes before each of these bytes. */
const HYPHENS = new Set([4, 6, 8, 10])

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
