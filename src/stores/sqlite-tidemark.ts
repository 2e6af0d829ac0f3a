import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * How far the sequence of a database had come, in a small file beside it (`keys.db-stillonce`). The sequence only grows, so
 * that a database that is behind its mark is an older one: a backup that was written into the same file, which no other
 * sign tells from it (the file's number and birth stay, and its times change with every checkpoint and `touch`).
 * A mark that is too low, or missing, says nothing; one that is too high costs memory, and never executes twice.
 */
export type Tidemark = {
  /** Undefined where it is not known. */
  readonly read: () => number | undefined
  /** Never throws: what cannot be marked is not noticed. */
  readonly write: (last: number) => void
  /** The same, at the first write of a process and then at most once a second. */
  readonly follow: (last: number) => void
}

const EVERY_MS = 1_000

/** As many digits as a safe integer has: a mark replaces another whole, in one write. */
const DIGITS = 16

export function tidemark(databasePath: string): Tidemark {
  const path = `${databasePath}-stillonce`
  let followedAt = Number.NEGATIVE_INFINITY

  function write(last: number): void {
    try {
      const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
      try {
        writeSync(file, `${String(last).padStart(DIGITS, '0')}\n`, 0)
      } finally {
        closeSync(file)
      }
    } catch {
      // A full disk, another user's file.
    }
  }

  return {
    read: () => {
      try {
        const text = readFileSync(path, 'utf8')
        return /^\d{16}\n$/.test(text) ? Number(text) : undefined
      } catch {
        return undefined
      }
    },
    write,
    follow: last => {
      if (performance.now() - followedAt < EVERY_MS) return
      followedAt = performance.now()
      write(last)
    },
  }
}
