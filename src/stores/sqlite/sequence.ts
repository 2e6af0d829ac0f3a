import type { SqliteDatabase } from './database.ts'
import type { Statements } from './statements.ts'
import { StoreError } from '../store-error.ts'

/**
 * The last number that was given out, of a file that was just opened: it is behind none of its records. Both are read by
 * one statement, because another process may write between two.
 */
export function sequenceOf(db: SqliteDatabase, path: string): number {
  const row = db.prepare('SELECT last, (SELECT max(place) FROM records) AS place FROM sequence').get()
  const last = checked(row, path)
  if (last < Number(row?.['place'])) throw damaged(path, 'the sequence')
  return last
}

/** The same, in the middle of use: it only grows. */
export function growingSequence(statements: Statements, path: string): () => number {
  let greatest = 0
  return () => {
    const last = checked(statements.lastOfSequence.get(), path)
    if (last < greatest) throw damaged(path, 'the sequence')
    greatest = last
    return last
  }
}

/** Since when the file remembers. */
export function sinceOf(statements: Statements, path: string): number {
  const since = statements.since.get()?.['since']
  if (typeof since === 'number' && Number.isFinite(since)) return since
  throw damaged(path, 'since when it remembers')
}

/** Without it no version is new, and nothing says how far the disk has come. */
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
