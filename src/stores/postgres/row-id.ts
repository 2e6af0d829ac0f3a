import type { Digest } from '../../runtime/digest.ts'
import { firstBeyond } from '../key-range.ts'

/*
 * A row is found by its `id`, which an index can hold whole: PostgreSQL's are limited to 2,704 bytes an entry, and a
 * record's key to nothing. A short key is its own id. A long one is cut, and its SHA-256 follows: such an id is longer
 * than every short one, so that no key is taken for another, and begins as the key does, so that a prefix finds it.
 */

/** UTF-16 units; of three bytes at most each, so that an id has 1,864 bytes at most. */
const LONGEST = 600

/** Where a row is found. */
export async function rowIdOf(key: string, digest: Digest): Promise<string> {
  if (key.length <= LONGEST) return key
  return `${cut(key)}${await digest(key)}`
}

export function isLongKey(key: string): boolean {
  return key.length > LONGEST
}

/** The ids of all keys that begin with `prefix`, and of some more where it is long: `from` and all below `below`. */
export function idsUnder(prefix: string): { readonly from: string; readonly below: string | undefined } {
  const from = prefix.length <= LONGEST ? prefix : cut(prefix)
  return { from, below: firstBeyond(from) }
}

/** Half a surrogate pair has no UTF-8. */
function cut(text: string): string {
  const head = text.slice(0, LONGEST)
  return head.isWellFormed() ? head : text.slice(0, LONGEST - 1)
}
