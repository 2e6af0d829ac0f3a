import type { SqliteDatabase } from './database.ts'
import { canSyncLog, type Log } from './log.ts'
import { inTransaction } from './schema.ts'
import type { Statements } from './statements.ts'
import { soundBytes } from './wal.ts'
import { StoreError } from '../store-error.ts'

type Sequenced = { readonly statements: Statements; readonly lastOfSequence: () => number }

/** A turn fails if another process restarted the log in between. */
const MOST_TURNS = 5

/**
 * Writes the log again, so that the system has to write every byte of it to the disk, and returns the last sequence
 * number in it. After a failed write the system may have thrown a page away, so the log's content is checked first: a
 * mark is committed, and every frame up to the mark must be intact. Under the writer's lock nobody changes the log,
 * and readers find the same bytes.
 */
export function rewriteLog(
  db: SqliteDatabase,
  { statements, lastOfSequence }: Sequenced,
  log: Log,
  path: string,
): number {
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const mark = `mark ${crypto.randomUUID()}`
    const last = inTransaction(db, 'BEGIN IMMEDIATE', () => {
      statements.mark.run(mark)
      return lastOfSequence()
    })
    const isWhole = inTransaction(db, 'BEGIN IMMEDIATE', () => {
      const bytes = log.read()
      const sound = bytes.subarray(0, soundBytes(bytes))
      if (!Buffer.from(sound.buffer, sound.byteOffset, sound.byteLength).includes(mark)) return false
      log.rewrite(sound)
      // Committing this update syncs the log.
      if (!canSyncLog()) statements.mark.run(`${mark} again`)
      return true
    })
    if (isWhole) return last
  }
  throw new StoreError(
    'failed',
    `The SQLite store ${path} has lost a part of its log: the disk failed. End all processes that use it, and start ` +
      'them again: they go on with what the disk has.',
    { reason: 'lost' },
  )
}
