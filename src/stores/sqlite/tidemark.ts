import { closeSync, constants, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { FILE_MODE } from './file-mode.ts'
import { placeOf } from './identity.ts'

/**
 * How far the sequence of a database had come, in a small file beside it (`keys.db-stillonce`). The sequence only grows, so
 * that a database that is behind its mark is an older one: a backup that was written into the same file, which no other
 * sign distinguishes from it (the file's number and birth stay, and its times change with every checkpoint and `touch`).
 * A mark that is too low, or missing, says nothing; one that is too high costs memory, and never executes twice.
 *
 * The mark comes after the sync and before the answer: it is never ahead of the disk, nor behind what was acknowledged.
 * It is not synced itself, which a process that is killed does not need; after a loss of power it may be older.
 *
 * A line for each of many handles, and the greatest counts: what one process writes a moment too late cannot take the
 * place of what another one has written.
 */
export type Tidemark = {
  /** A number that is on the disk, before anything is acknowledged. Never throws: what cannot be marked is not noticed. */
  readonly cameTo: (last: number) => void
  readonly close: () => void
}

/** A file that was removed is made again so much later. */
const LOOK_EVERY_MS = 1_000

/** As many digits as a safe integer has: a line replaces another whole, in one write. */
const DIGITS = 16
const LINE_BYTES = DIGITS + 1
/** Two handles that draw the same one are in each other's way only between looking at it and writing. */
const LINES = 64

/** Undefined where it is not known. */
export function readTidemark(databasePath: string): number | undefined {
  try {
    // Lines that nobody has drawn are blank (NUL).
    const lines = readFileSync(pathOf(databasePath), 'latin1').match(/\d{16}(?=\n)/g) ?? []
    return lines.length === 0 ? undefined : Math.max(...lines.map(Number))
  } catch {
    return undefined
  }
}

/** Back to where an older database is, for the one who has the lock of its writers. */
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
    // Another user's file.
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
        // A full disk, another user's file.
      }
    },
    close: () => {
      // What comes after that, if anything, opens it for itself.
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

/** 0 where it is blank, or damaged. */
function lineAt(file: number, offset: number): number {
  const bytes = Buffer.alloc(LINE_BYTES)
  readSync(file, bytes, 0, LINE_BYTES, offset)
  const line = bytes.toString('latin1')
  return /^\d{16}\n$/.test(line) ? Number(line) : 0
}

function lineOf(last: number): string {
  return `${String(last).padStart(DIGITS, '0')}\n`
}
