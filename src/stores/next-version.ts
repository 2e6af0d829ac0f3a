import { mayBeForSnapshot } from '../runtime/random-stock.ts'
import { writeVersion } from './write-version.ts'

/*
 * Versions of one process differ only in their last digits, which count: two processes never have the same random
 * ones before them, and a version of random bits alone takes ten times as long.
 *
 * @see findings/node-gives-processes-of-one-snapshot-the-same-ids.sh
 */

/** Random characters of a version: 108 bits and four hyphens. The rest are five digits. */
const RANDOM_LENGTH = 31
const FIRST = 10_000
const LAST = 99_999

let random = ''
let last = LAST

/** A version as `writeVersion` makes it, in the same form. */
export function nextVersion(): string {
  if (last === LAST) {
    if (mayBeForSnapshot()) return writeVersion()
    random = writeVersion().slice(0, RANDOM_LENGTH)
    last = FIRST - 1
  }
  last += 1
  return random + last
}
