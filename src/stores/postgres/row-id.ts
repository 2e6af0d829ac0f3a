import type { Digest } from '../../runtime/digest.ts'
import { beyondFolder, firstBeyond, folderOf } from '../key-range.ts'

/*
 * A row is found by its `id`, which an index can hold whole: PostgreSQL's are limited to 2,704 bytes an entry, and a
 * record's key to nothing. A short key is its own id. A long one is cut, and its SHA-256 follows: such an id is longer
 * than every short one, so that no key is taken for another, and begins as the key does, so that a prefix finds it.
 */

/** UTF-16 units; of three bytes at most each, so that an id has 1,864 bytes at most. */
const LONGEST = 600

/** SHA-256 as hex, at the end of a long id. */
export const HASH_LENGTH = 64

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

/**
 * The folder that an id shows under a prefix. A long id that shows none has what it shares with all that begin alike in its
 * place. Undefined where it lies in none.
 */
export function folderOfId(id: string, isLong: boolean, prefix: string): string | undefined {
  return folderOf(id, prefix) ?? (isLong ? id.slice(0, -HASH_LENGTH) : undefined)
}

/** The first id beyond all of a folder: of hex no digit comes after `f`. */
export function beyondIdsOf(folder: string): string {
  return folder.endsWith('/') ? beyondFolder(folder) : `${folder}g`
}
