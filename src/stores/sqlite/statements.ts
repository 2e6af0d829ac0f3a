import type { SqliteDatabase, Statement } from './database.ts'

const LIVE = '(expires_at IS NULL OR expires_at > ?)'

/**
 * Every statement of the store. A prefix is a range of keys: `|| x'FF'` is greater than every text that begins with
 * the prefix, because text is compared byte by byte and UTF-8 never contains the byte FF.
 */
export const SQL = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',

  lastOfSequence: 'SELECT last FROM sequence',
  advanceSequence: 'UPDATE sequence SET last = ?',

  mark: 'UPDATE memory SET mark = ?',
  since: 'SELECT since FROM memory',

  get: `SELECT value, version FROM records WHERE key = ? AND ${LIVE}`,

  create: `INSERT INTO records (place, key, value, version, open, expires_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO NOTHING`,
  replaceExpired: `UPDATE records SET place = ?, value = ?, version = ?, open = ?, expires_at = ?
    WHERE key = ? AND expires_at <= ?`,
  /** No indexed column changes, so SQLite writes no index. */
  keepOpen: 'UPDATE records SET value = ?, version = ? WHERE key = ? AND version = ? AND open = 1',
  openAgain: `UPDATE records SET place = ?, value = ?, version = ?, open = 1, expires_at = NULL
    WHERE key = ? AND version = ? AND open = 0 AND ${LIVE}`,
  settle: `UPDATE records SET value = ?, version = ?, open = 0, expires_at = ?
    WHERE key = ? AND version = ? AND ${LIVE}`,
  remove: `DELETE FROM records WHERE key = ? AND version = ? AND ${LIVE}`,
  purge: `DELETE FROM records WHERE place IN
    (SELECT place FROM records INDEXED BY expiring_records WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,

  openPlaces: `SELECT key, place FROM records INDEXED BY open_records
    WHERE open = 1 AND key >= ? AND key < ? || x'FF' ORDER BY key LIMIT ?`,
  firstOpen: `SELECT key FROM records INDEXED BY open_records
    WHERE open = 1 AND key >= ? AND key < ? || x'FF' ORDER BY key LIMIT 1`,
  /** Takes a page of places as one parameter, a JSON array. */
  openAt: `SELECT key, value, version FROM records
    WHERE place IN (SELECT value FROM json_each(?)) AND open = 1 ORDER BY place`,
  settledFrom: `SELECT key, value, version FROM records
    WHERE key >= ? AND key < ? || x'FF' AND open = 0 AND ${LIVE} ORDER BY key LIMIT ?`,
} as const

export type Statements = Readonly<Record<keyof typeof SQL, Statement>>

export function prepareStatements(db: SqliteDatabase): Statements {
  const prepared = Object.entries(SQL).map(([name, text]) => [name, db.prepare(text)])
  return Object.fromEntries(prepared) as Statements
}
