import { chmodSync, closeSync, fchmodSync, lstatSync, openSync, readlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { statsOf } from './errors.ts'
import { FILE_MODE } from './file-mode.ts'

/**
 * Distinguishes a file from a copy of it by inode and time of birth. The device is left out because its number
 * changes.
 */
export type FileIdentity = {
  readonly inode: string
  /** Epoch ms; undefined if the system does not report the time of birth. */
  readonly bornAt?: number | undefined
}

export function identityOf(path: string): FileIdentity {
  const stats = statsOf(path)
  if (stats === undefined) return { inode: 'none' }
  // An unknown time of birth is 0; on other systems it may be the time of the last change.
  const isTold = stats.birthtimeNs > 0n && TELLS_BIRTH.has(process.platform)
  return { inode: String(stats.ino), ...(isTold && { bornAt: Number(stats.birthtimeMs) }) }
}

export function isSameFile(before: FileIdentity, now: FileIdentity): boolean {
  const isBornElsewhere =
    before.bornAt !== undefined && now.bornAt !== undefined && before.bornAt !== now.bornAt
  return before.inode === now.inode && !isBornElsewhere
}

const TELLS_BIRTH = new Set<NodeJS.Platform>(['linux', 'darwin', 'win32'])

/** Device and inode of the file that the path leads to now, as text because both exceed 2^53 on some systems. */
export function placeOf(path: string): string {
  const stats = statsOf(path)
  return stats ? `${stats.dev} ${stats.ino}` : 'none'
}

const MOST_LINKS = 10

/**
 * Creates the file if there is none, readable for its owner alone. SQLite gives the two files beside it the same
 * mode. A failure is ignored here: SQLite reports what is wrong when it opens the file. A dangling link is followed,
 * as SQLite does. An empty file has not been used yet, so it is treated like a new one; the mode of any other file is
 * its owner's decision.
 */
export function createForOwner(path: string, links = 0): void {
  const stats = statsOf(path)
  if (stats !== undefined) {
    if (stats.isFile() && stats.size === 0n) keepForOwner(path)
    return
  }
  try {
    const descriptor = openSync(path, 'ax', FILE_MODE)
    // The umask may have taken bits away.
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
