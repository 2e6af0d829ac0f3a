import type { SqliteDatabase } from './database.ts'
import { canSyncLog, type Log } from './log.ts'
import { inTransaction } from './schema.ts'
import type { Statements } from './statements.ts'
import { soundBytes } from './wal.ts'
import { StoreError } from '../store-error.ts'

type Sequenced = { readonly statements: Statements; readonly lastOfSequence: () => number }

/** Each time another process may have begun the log anew in between. */
const MOST_TURNS = 5

/**
 * Writes the log once more, so that the system has every byte of it to write again, and gives the number of the sequence
 * that all of this is up to. A page whose writing failed may have been thrown away, so what is in the log by now is
 * looked at first: a mark is committed, and every frame up to it must hold together. Under the lock of a writer nobody
 * changes the log; readers find the same bytes.
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
      // The commit of this is what syncs it.
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
