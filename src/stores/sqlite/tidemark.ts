import { closeSync, constants, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { FILE_MODE } from './file-mode.ts'
import { placeOf } from './identity.ts'

/**
 * How far the sequence of a database had come, kept in a small file beside it (`keys.db-stillonce`). The sequence
 * only grows, so a database that is behind its mark is an older one: a backup that was written into the same file. No
 * other sign shows that, because the file's inode and time of birth stay, and its times change with every checkpoint
 * and `touch`. A mark that is missing or too low proves nothing. A mark that is too high only moves `since` to a
 * later time, and never causes a second execution.
 *
 * The mark is written after the sync and before the answer, so it is never ahead of the disk, nor behind what was
 * acknowledged. The mark itself is not synced. A killed process does not need that; after a loss of power the mark
 * may be older.
 *
 * Each handle has one of many lines, and the greatest number counts. So a process that writes a little too late
 * cannot overwrite what another process has written.
 */
export type Tidemark = {
  /**
   * Notes a number that is on the disk, before its write is acknowledged. Never throws: a failure only means a
   * missing mark.
   */
  readonly cameTo: (last: number) => void
  readonly close: () => void
}

/** How often to check that the file is still there. A file that was removed is created again then. */
const LOOK_EVERY_MS = 1_000

/** As many digits as a safe integer has, so that one write always replaces a whole line. */
const DIGITS = 16
const LINE_BYTES = DIGITS + 1
/** Two handles with the same line can disturb each other only between reading the line and writing it. */
const LINES = 64

/** Undefined if no mark can be read. */
export function readTidemark(databasePath: string): number | undefined {
  try {
    // Lines that no handle uses are blank (NUL).
    const lines = readFileSync(pathOf(databasePath), 'latin1').match(/\d{16}(?=\n)/g) ?? []
    return lines.length === 0 ? undefined : Math.max(...lines.map(Number))
  } catch {
    return undefined
  }
}

/** Sets the mark back to the sequence of an older database. The caller must hold the write lock of the database. */
export function resetTidemark(databasePath: string, last: number): void {
  try {
    const file = openMark(pathOf(databasePath))
    try {
      ftruncateSync(file)
      writeSync(file, lineOf(last), 0)
    } finally {
      closeSync(file)
    }
  } catch {
    // The file belongs to another user.
  }
}

export function tidemark(databasePath: string): Tidemark {
  const path = pathOf(databasePath)
  const offset = Math.floor(Math.random() * LINES) * LINE_BYTES
  let marked = -1
  let file: number | undefined
  let place = 'none'
  let lookedAt = Number.NEGATIVE_INFINITY

  function shut(): void {
    if (file !== undefined) closeSync(file)
    file = undefined
  }

  function current(): number | undefined {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return file
    lookedAt = performance.now()
    if (file !== undefined && placeOf(path) === place) return file
    shut()
    file = openMark(path)
    place = placeOf(path)
    return file
  }

  return {
    cameTo: last => {
      if (last <= marked) return
      try {
        const open = current()
        if (open === undefined) return
        if (lineAt(open, offset) < last) writeSync(open, lineOf(last), offset)
        marked = last
      } catch {
        // The disk is full, or the file belongs to another user.
      }
    },
    close: () => {
      // A later call opens the file again for itself.
      lookedAt = Number.NEGATIVE_INFINITY
      shut()
    },
  }
}

function pathOf(databasePath: string): string {
  return `${databasePath}-stillonce`
}

function openMark(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT, FILE_MODE)
}

/** The number in the line at `offset`; 0 if the line is blank or damaged. */
function lineAt(file: number, offset: number): number {
  const bytes = Buffer.alloc(LINE_BYTES)
  readSync(file, bytes, 0, LINE_BYTES, offset)
  const line = bytes.toString('latin1')
  return /^\d{16}\n$/.test(line) ? Number(line) : 0
}

function lineOf(last: number): string {
  return `${String(last).padStart(DIGITS, '0')}\n`
}
