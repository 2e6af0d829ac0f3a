/**
 * A store is a compare-and-set map from text to text. It knows nothing about operations. How durably it writes, and
 * which processes share it, decides which promises hold. `storeContract` in `stillonce/testing` tests an
 * implementation.
 */
export interface RecordStore {
  /** Resolves with the value under `key` and its version, or with undefined if there is none or it has expired. */
  get(key: string): Promise<StoredRecord | undefined>

  /**
   * Writes the value if the stored version is `expected` (`null`: nothing is stored). Resolves with the new version, or
   * with undefined if another write came first, and only once the value is as durable as this store can make it. A
   * version is never used twice for the same key, not even after `delete` or expiry. `expiresAt` is epoch ms; open
   * records never expire.
   */
  set(key: string, value: string, options: SetOptions): Promise<string | undefined>

  /** Removes the value if its version is `expected`. Resolves with whether the value was removed. */
  delete(key: string, options: { readonly expected: string }): Promise<boolean>

  /**
   * Lists the open records whose key begins with `prefix`, oldest first. The cost must be proportional to the result.
   */
  listOpen(prefix: string): AsyncIterable<ListedRecord>

  /**
   * Lists the folders that contain open records under `prefix`. A folder is the beginning of a key up to the first `/`
   * after the prefix. Each folder is returned once, in a stable order: at most `limit` of those that come after
   * `after`. The cost must be proportional to the result. Only a worker needs this method; without it, the worker lists
   * all open records to find their scopes.
   */
  openFolders?(prefix: string, options: FoldersOptions): Promise<readonly string[]>

  /** Lists the settled records whose key begins with `prefix`. Only `client.clear()` needs this method. */
  listSettled?(prefix: string): AsyncIterable<ListedRecord>

  /** Runs `work` while no other holder of the same lock runs (Web Locks). This is an optimisation, never a fence. */
  lock?<T>(key: string, work: () => Promise<T>, options: { readonly signal?: AbortSignal }): Promise<T>

  /**
   * Calls the listener when something else may have written `key`. Returns a function that stops it. A call is only a
   * hint: it may come without a change, late or never. `get` returns the truth.
   */
  watch?(key: string, listener: () => void): () => void

  /**
   * Like `watch`, but for all keys: calls the listener when something else may have written any key. If a store has
   * this method, a worker sees the writes of others before its next round.
   */
  watchAll?(listener: () => void): () => void

  /**
   * Calls the listener with the key of a settled record that the store dropped before its expiry. Returns a function
   * that stops it.
   */
  onDrop?(listener: (key: string) => void): () => void

  /**
   * Set if the store may drop settled records before they expire. A server refuses such a store, because it would
   * forget keys.
   */
  readonly isBounded?: true | undefined

  /**
   * Resolves with the time since which the store has remembered everything, epoch ms. What was written before may be
   * missing, because the store was created or restored from a copy at that time. All handles of a store return the same
   * time. Without this method, a server uses the time at which it first used the store.
   */
  since?(): Promise<number>

  /**
   * Set if a write that resolved may still be lost when the process ends. An executed operation can then be executed
   * again.
   */
  readonly isWeak?: true | undefined

  /**
   * Reads and writes the same records within a transaction of the caller on the same database. The writes take effect
   * when the transaction commits, and otherwise never. A store without a transactional database leaves this method out.
   */
  within?(transaction: DatabaseTransaction): RecordsWithin

  /** Frees the resources that the store holds (files, connections). Idempotent. */
  close?(): Promise<void>
}

/**
 * An open transaction. All that is needed of it is its connection's `query`, which sends a statement with its
 * parameters (`$1`, `$2`, …). A client of `pg` between BEGIN and COMMIT and a transaction of PGlite fit as they are;
 * for `postgres`, Drizzle, Kysely and Prisma it takes one line.
 */
export type DatabaseTransaction = {
  readonly query: (text: string, values: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>
}

/**
 * The methods reject with the driver's own errors, so that code that repeats transactions recognises a serialization
 * failure.
 */
export type RecordsWithin = Pick<RecordStore, 'get' | 'set' | 'delete'> & {
  /**
   * Makes sure that the transaction can no longer commit, whatever its owner catches. `why` appears in the database's
   * log.
   */
  fail(why: string): Promise<void>
}

export type StoredRecord = { readonly value: string; readonly version: string }

export type ListedRecord = StoredRecord & { readonly key: string }

export type FoldersOptions = {
  /** A folder: the result begins after it. Default: from the first folder. */
  readonly after?: string | undefined
  readonly limit: number
}

export type SetOptions = {
  readonly expected: string | null
  readonly open: boolean
  readonly expiresAt?: number
}
