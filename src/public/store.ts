/**
 * A store is a compare-and-set map from text to text. It knows nothing about operations; it decides which
 * promises hold, by how durably it writes and who shares it. `storeContract` in `stillonce/testing` checks one.
 */
export interface RecordStore {
  /** The value under `key` and its version, or undefined where there is none or it has expired. */
  get(key: string): Promise<StoredRecord | undefined>

  /**
   * Writes if the stored version is `expected` (`null`: nothing is stored). Gives the new version, or
   * undefined if another write came first. Resolves only when the value is as durable as this store makes
   * it. A version never repeats for a key, not across `delete` or expiry either. Open records never
   * expire; `expiresAt` is epoch ms.
   */
  set(key: string, value: string, options: SetOptions): Promise<string | undefined>

  /** Removes the value if its version is `expected`; whether it did. */
  delete(key: string, options: { readonly expected: string }): Promise<boolean>

  /** Open records whose key begins with `prefix`, oldest first, at a cost in proportion to what it returns. */
  listOpen(prefix: string): AsyncIterable<ListedRecord>

  /**
   * The folders that hold open records under `prefix`: the beginnings of their keys up to the first `/` after the prefix, each
   * once, in an order that stays the same; those that come after `after`, at most `limit`. At a cost in proportion to what it
   * returns. Only a worker needs it: without it, the worker lists all that is open to find whose it is.
   */
  openFolders?(prefix: string, options: FoldersOptions): Promise<readonly string[]>

  /** Settled records whose key begins with `prefix`; only `client.clear()` needs it. */
  listSettled?(prefix: string): AsyncIterable<ListedRecord>

  /** Runs `work` while no other holder of the same lock runs (Web Locks); an optimisation, never a fence. */
  lock?<T>(key: string, work: () => Promise<T>, options: { readonly signal?: AbortSignal }): Promise<T>

  /**
   * Calls back when something else may have written `key`; returns what ends it. A hint: it may come for nothing,
   * late or never, and the store's own answer is the truth.
   */
  watch?(key: string, listener: () => void): () => void

  /**
   * The same of all keys: calls back when something else may have written any. Where a store has it, a worker need not wait for
   * its next round to see what others wrote.
   */
  watchAll?(listener: () => void): () => void

  /** Calls back with the key of a settled record that the store dropped before it expired; returns what ends it. */
  onDrop?(listener: (key: string) => void): () => void

  /** Settled records may go before they expire: no memory for a server, which refuses such a store. */
  readonly isBounded?: true

  /**
   * Since when the store remembers, epoch ms: what was written before may not be in it (it was made then, or put back
   * from a copy). The same for all handles. Without it a server takes the time of its own first use of the store.
   */
  since?(): Promise<number>

  /** A write that resolved may still be lost with the process: what was executed can be executed again then. */
  readonly isWeak?: true

  /**
   * The same records, read and written in a transaction of the caller's on the same database: what is written there holds once
   * that has committed, and else never was. Where the store is one of no database that has transactions, it is left out.
   */
  within?(transaction: DatabaseTransaction): RecordsWithin

  /** Frees what the store holds (files, connections). Idempotent. */
  close?(): Promise<void>
}

/**
 * A transaction that is open, by the one thing that is needed of it: its connection sends a statement with its parameters
 * (`$1`, `$2`, …). A client of `pg` between BEGIN and COMMIT and a transaction of PGlite are such objects as they are; of
 * `postgres`, Drizzle, Kysely and Prisma it takes a line.
 */
export type DatabaseTransaction = {
  readonly query: (text: string, values: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>
}

/** Rejects with the driver's own errors, so that who repeats transactions knows a serialization failure. */
export type RecordsWithin = Pick<RecordStore, 'get' | 'set' | 'delete'> & {
  /** From now on the transaction cannot commit, whatever its owner catches. `why` stands in the database's log. */
  fail(why: string): Promise<void>
}

export type StoredRecord = { readonly value: string; readonly version: string }

export type ListedRecord = StoredRecord & { readonly key: string }

export type FoldersOptions = {
  /** One of them: those that follow it. Default: from the first. */
  readonly after?: string | undefined
  readonly limit: number
}

export type SetOptions = {
  readonly expected: string | null
  readonly open: boolean
  readonly expiresAt?: number
}
