import type { Digest } from '../../runtime/digest.ts'
import { beyondFolder, firstBeyond, folderOf } from '../key-range.ts'

/*
 * A row is found by its `id`, which fits into an index whole: PostgreSQL limits an index entry to 2,704 bytes, and
 * keys have no limit. A short key is its own id. A long key is cut and followed by its SHA-256. Such an id is longer
 * than every short one, so no two keys share an id; and it begins as the key does, so a prefix finds it.
 */

/** UTF-16 units, of at most three bytes each, so an id has at most 1,864 bytes. */
const LONGEST = 600

/** Length of the SHA-256 in hex at the end of a long id. */
export const HASH_LENGTH = 64

/** The id of the row for a key. */
export async function rowIdOf(key: string, digest: Digest): Promise<string> {
  if (key.length <= LONGEST) return key
  return `${cut(key)}${await digest(key)}`
}

export function isLongKey(key: string): boolean {
  return key.length > LONGEST
}

/**
 * The range of the ids of all keys that begin with `prefix`: from `from` up to, but not including, `below`. For a
 * long prefix the range holds other ids too.
 */
export function idsUnder(prefix: string): { readonly from: string; readonly below: string | undefined } {
  const from = prefix.length <= LONGEST ? prefix : cut(prefix)
  return { from, below: firstBeyond(from) }
}

/** Never cuts a surrogate pair in half, because half a pair has no UTF-8. */
function cut(text: string): string {
  const head = text.slice(0, LONGEST)
  return head.isWellFormed() ? head : text.slice(0, LONGEST - 1)
}

/**
 * The folder that an id belongs to, under a prefix. The id of a long key may be cut before the end of the folder's
 * name. The part before its hash then stands for the folder, and all ids with the same beginning share it. Undefined
 * if the id lies in no folder.
 */
export function folderOfId(id: string, isLong: boolean, prefix: string): string | undefined {
  return folderOf(id, prefix) ?? (isLong ? id.slice(0, -HASH_LENGTH) : undefined)
}

/** The first id after all ids of a folder: `g` comes after every hex digit. */
export function beyondIdsOf(folder: string): string {
  return folder.endsWith('/') ? beyondFolder(folder) : `${folder}g`
}
