import { chmodSync, closeSync, fchmodSync, lstatSync, openSync, readlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { statsOf } from './errors.ts'
import { FILE_MODE } from './file-mode.ts'

/** Distinguishes a file from a copy of it, by its number and its birth. The device is left out, since its number changes. */
export type FileIdentity = {
  readonly inode: string
  /** Epoch ms; undefined where the system does not say. */
  readonly bornAt?: number | undefined
}

export function identityOf(path: string): FileIdentity {
  const stats = statsOf(path)
  if (stats === undefined) return { inode: 'none' }
  // Where it is not known it is 0; on other systems it may be the time of the last change.
  const isTold = stats.birthtimeNs > 0n && TELLS_BIRTH.has(process.platform)
  return { inode: String(stats.ino), ...(isTold && { bornAt: Number(stats.birthtimeMs) }) }
}

export function isSameFile(before: FileIdentity, now: FileIdentity): boolean {
  const isBornElsewhere =
    before.bornAt !== undefined && now.bornAt !== undefined && before.bornAt !== now.bornAt
  return before.inode === now.inode && !isBornElsewhere
}

const TELLS_BIRTH = new Set<NodeJS.Platform>(['linux', 'darwin', 'win32'])

/** Device and number of the file that the path leads to now; they are beyond 2^53 on some systems. */
export function placeOf(path: string): string {
  const stats = statsOf(path)
  return stats ? `${stats.dev} ${stats.ino}` : 'none'
}

const MOST_LINKS = 10

/**
 * Makes the file where there is none, for its owner alone (SQLite gives the two beside it the same mode). What stands in
 * the way SQLite sees it when it opens the file. A link to nothing is followed, as SQLite does. A file that is empty nobody
 * has used, so that it is taken for one made here; the mode of any other is its owner's decision.
 */
export function createForOwner(path: string, links = 0): void {
  const stats = statsOf(path)
  if (stats !== undefined) {
    if (stats.isFile() && stats.size === 0n) keepForOwner(path)
    return
  }
  try {
    const descriptor = openSync(path, 'ax', FILE_MODE)
    // Whatever the umask takes away.
    fchmodSync(descriptor, FILE_MODE)
    closeSync(descriptor)
  } catch {
    const target = linkedTo(path)
    if (target !== undefined && links < MOST_LINKS) createForOwner(target, links + 1)
  }
}

function keepForOwner(path: string): void {
  try {
    chmodSync(path, FILE_MODE)
  } catch {
    // The file belongs to another user.
  }
}

function linkedTo(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? resolve(dirname(path), readlinkSync(path)) : undefined
  } catch {
    return undefined
  }
}
