import type { DBSchema, IDBPDatabase, OpenDBCallbacks } from 'idb'

/** The layout of the database. A newer one is refused, an older one will be upgraded where it is opened. */
export const LAYOUT_VERSION = 1

/**
 * One record. What an index is to hold is there or left out: `open` only where the record is open, `expiresAt` only
 * where it can expire, so that what they cost does not depend on how much is settled.
 */
export type Row = {
  readonly key: string
  readonly value: string
  readonly version: string
  /** The record's place in the order in which records became open. */
  readonly place: number
  /** The key once more. */
  readonly open?: string
  /** Epoch ms. */
  readonly expiresAt?: number
}

/** Whether it is a row of this store; somebody else may have written into it. */
export function isWhole({ value, version, place }: Row): boolean {
  return typeof value === 'string' && typeof version === 'string' && typeof place === 'number'
}

/** Of a row that is none, too: what `delete` needs to drop it. */
export function versionOf(row: Row): string {
  const { version }: { readonly version: unknown } = row
  return isWhole(row) ? row.version : `damaged ${String(version)}`
}

/**
 * Gives places and versions; it only grows, also across deletes and tabs. A database that is deleted and made anew
 * begins again with another epoch, so that a version never repeats.
 */
export type Sequence = { readonly last: number; readonly epoch: string }

interface Layout extends DBSchema {
  records: { key: string; value: Row; indexes: { open: string; expiring: number } }
  sequence: { key: string; value: Sequence }
}

export type Database = IDBPDatabase<Layout>

/** The one row of `sequence`, there from the first write on: a database can be made, and read, where there is no room. */
export const SEQUENCE = 'sequence'

/** To read from. Its requests report what fails: that `done` rejects too would be an unhandled error of the page. */
export function recordsOf(db: Database) {
  const { store, done } = db.transaction('records')
  done.catch(() => {})
  return store
}

export function newSequence(): Sequence {
  const parts = crypto.getRandomValues(new Uint32Array(2))
  return { last: 0, epoch: Array.from(parts, part => part.toString(36)).join('') }
}

export const createLayout: NonNullable<OpenDBCallbacks<Layout>['upgrade']> = db => {
  const records = db.createObjectStore('records', { keyPath: 'key' })
  records.createIndex('open', 'open')
  records.createIndex('expiring', 'expiresAt')
  db.createObjectStore('sequence')
}

/** Every key that begins with `prefix`: keys are compared by code unit. */
export function keysUnder(prefix: string, after?: string): IDBKeyRange | null {
  const end = successor(prefix)
  const lower = after ?? prefix
  if (end !== undefined) return IDBKeyRange.bound(lower, end, after !== undefined, true)
  return lower === '' ? null : IDBKeyRange.lowerBound(lower, after !== undefined)
}

/** The least text beyond every text that begins with `prefix`; undefined where there is none. */
function successor(prefix: string): string | undefined {
  const stem = prefix.replace(/\uffff+$/, '')
  if (stem === '') return undefined
  return stem.slice(0, -1) + String.fromCharCode(stem.charCodeAt(stem.length - 1) + 1)
}
