import type { DBSchema, IDBPDatabase, IDBPObjectStore } from 'idb'

/** The layout of the database. A newer layout is refused; an older one will be upgraded when it is opened. */
export const LAYOUT_VERSION = 1

/**
 * One record. A property that is indexed is left out where it does not apply: `open` exists only on open records and
 * `expiresAt` only on records that can expire. So the cost of an index does not depend on the number of settled
 * records.
 */
export type Row = {
  readonly key: string
  readonly value: string
  readonly version: string
  /** The record's place in the order in which records became open. */
  readonly place: number
  /** The key again, for the index of open records. */
  readonly open?: string
  /** Epoch ms. */
  readonly expiresAt?: number
}

/** Whether the row was written by this store; another program may have written into the database. */
export function isWhole({ value, version, place }: Row): boolean {
  return typeof value === 'string' && typeof version === 'string' && typeof place === 'number'
}

/** The version that `delete` needs, also for a row that this store did not write. */
export function versionOf(row: Row): string {
  const { version }: { readonly version: unknown } = row
  return isWhole(row) ? row.version : `damaged ${String(version)}`
}

/**
 * Supplies places and versions. It only grows, also across deletes and tabs. A database that was deleted and created
 * again starts with another epoch, so no version ever repeats.
 */
export type Sequence = { readonly last: number; readonly epoch: string }

interface Layout extends DBSchema {
  records: { key: string; value: Row; indexes: { open: string; expiring: number } }
  sequence: { key: string; value: Sequence }
}

export type Database = IDBPDatabase<Layout>

/**
 * The single row of `sequence`. The first write creates it, so that a database without room can still be created and
 * read.
 */
export const SEQUENCE = 'sequence'

type Records = IDBPObjectStore<Layout, ['records'], 'records'>

/**
 * Reads with one request. The commit is requested with it, because a transaction whose commit was requested ends also if
 * the page is left and kept; `signal` aborts what could not be committed. A failure is reported by the request; without
 * this handler `done` would also reject, as an unhandled error.
 */
export function readOnce<Value>(
  db: Database,
  signal: AbortSignal,
  ask: (records: Records) => Promise<Value>,
): Promise<Value> {
  const transaction = db.transaction('records')
  signal.addEventListener('abort', () => abort(transaction))
  transaction.done.catch(() => {})
  const asked = ask(transaction.store)
  try {
    transaction.commit()
  } catch {
    // The connection is dead, and the request says so.
  }
  return asked
}

/**
 * Aborts a transaction, which would block others in all pages of the site. Returns whether it has written nothing; false
 * if its commit was requested before, or its connection is gone.
 */
export function abort(transaction: { abort: () => void }): boolean {
  try {
    transaction.abort()
    return true
  } catch {
    return false
  }
}

export function newSequence(): Sequence {
  const parts = crypto.getRandomValues(new Uint32Array(2))
  return { last: 0, epoch: Array.from(parts, part => part.toString(36)).join('') }
}

export function createLayout(db: Database): void {
  const records = db.createObjectStore('records', { keyPath: 'key' })
  records.createIndex('open', 'open')
  records.createIndex('expiring', 'expiresAt')
  db.createObjectStore('sequence')
}

/** The range of every key that begins with `prefix`. Keys are compared by code unit. */
export function keysUnder(prefix: string, after?: string): IDBKeyRange | null {
  const end = successor(prefix)
  const lower = after ?? prefix
  if (end !== undefined) return IDBKeyRange.bound(lower, end, after !== undefined, true)
  return lower === '' ? null : IDBKeyRange.lowerBound(lower, after !== undefined)
}

/** The smallest text that comes after every text beginning with `prefix`; undefined if there is none. */
function successor(prefix: string): string | undefined {
  const stem = prefix.replace(/\uffff+$/, '')
  if (stem === '') return undefined
  return stem.slice(0, -1) + String.fromCharCode(stem.charCodeAt(stem.length - 1) + 1)
}
