import type { SqliteDatabase } from './database.ts'
import type { Statements } from './statements.ts'
import { StoreError } from '../store-error.ts'

/**
 * The last number of the sequence in a file that was just opened. Throws if a record has a higher one. One statement
 * reads both numbers, because another process may write between two statements.
 */
export function sequenceOf(db: SqliteDatabase, path: string): number {
  const row = db.prepare('SELECT last, (SELECT max(place) FROM records) AS place FROM sequence').get()
  const last = checked(row, path)
  if (last < Number(row?.['place'])) throw damaged(path, 'the sequence')
  return last
}

/** Reads the last number of the sequence while the file is in use. Throws if the sequence has gone back. */
export function growingSequence(statements: Statements, path: string): () => number {
  let greatest = 0
  return () => {
    const last = checked(statements.lastOfSequence.get(), path)
    if (last < greatest) throw damaged(path, 'the sequence')
    greatest = last
    return last
  }
}

/** The time since which the file holds everything that was written. */
export function sinceOf(statements: Statements, path: string): number {
  const since = statements.since.get()?.['since']
  if (typeof since === 'number' && Number.isFinite(since)) return since
  throw damaged(path, 'since when it remembers')
}

/** Without the sequence no version would be new, and nothing would show how far the disk has come. */
function checked(row: Record<string, unknown> | undefined, path: string): number {
  const last = row?.['last']
  if (typeof last === 'number' && Number.isSafeInteger(last) && last >= 0) return last
  throw damaged(path, 'the sequence')
}

function damaged(path: string, what: string): StoreError {
  return new StoreError(
    'corrupt',
    `The SQLite store ${path} is damaged: ${what} was removed or changed. Nothing was read or written. ` +
      'Move the file away, or restore it, before it is used again.',
  )
}
