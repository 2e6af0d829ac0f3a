import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RecordStore } from '../../public/store.ts'
import { checkOptions, invalidOption, isFunction, type OptionRules } from '../check-options.ts'
import { withCodec, type Codec, type ListingStore } from '../codec.ts'
import { isCodec } from '../is-codec.ts'
import { databaseOpener } from './database-opener.ts'
import { sqliteFile } from './file.ts'
import { sqliteReader } from './reader.ts'
import { applyDelete, applySet } from './transaction.ts'
import { sqliteWriter } from './writer.ts'
import { closedError, StoreError } from '../store-error.ts'

export type SqliteStoreOptions = {
  /** For how long an operation waits for another process that has the file locked, ms. Default 10,000. */
  readonly busyTimeout?: number | undefined
  /** Epoch ms, for `expiresAt`. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** Seals the values; keys, times and what is open stay readable. Default: values are kept as they are. */
  readonly codec?: Codec | undefined
}

const RULES: OptionRules = {
  busyTimeout: [isTimeout, 'milliseconds, from 0 to 2147483647'],
  now: [isFunction, 'a function that gives epoch milliseconds'],
  codec: [isCodec, 'an object with the functions encrypt and decrypt'],
}

/**
 * A store in one SQLite file that survives crashes of the process and of the machine, and that any number of
 * processes of one host may share. A write resolves when it is on the disk (a synced write-ahead log); all writes
 * of one turn of the event loop share one transaction. Put the file on a local disk, in a folder that exists; the
 * store keeps two more beside it, whose names end with `-wal` and `-shm`.
 *
 * The file is opened at the first use, and again at the next use after an error. Operations reject with a
 * StoreError: `failed` where the file is locked for longer than `busyTimeout`, full, read-only or missing its
 * folder; `corrupt` where it is damaged, no database, of another application or of a newer version, and then
 * nothing in it is changed. A read gives what is on the disk: one that meets a write which is not there yet waits for
 * it. After a write that could not be brought to the disk everything rejects, in all processes that see the failure, until
 * the whole log has been written anew and has reached the disk. The file is made for its owner alone (mode 0600), as an
 * empty one becomes; one that holds something keeps its mode. A symbolic link is followed, and must lead to the same file while it is open. A wrong path or option throws here.
 *
 * @example
 * const client = createClient({ store: sqliteStore('./operations.db'), ... })
 */
export function sqliteStore(path: string | URL, options: SqliteStoreOptions = {}): RecordStore {
  const location = locate(path)
  checkOptions('sqliteStore', options, RULES)
  // A runtime without SQLite is refused here, and not by the first call.
  databaseOpener()
  const { busyTimeout = 10_000, now = Date.now, codec } = options
  const store = plainSqliteStore(location, now, busyTimeout)
  return codec ? withCodec(store, codec) : store
}

function plainSqliteStore(path: string, now: () => number, busyTimeoutMs: number): ListingStore {
  const file = sqliteFile(path, { now, busyTimeoutMs })
  const reader = sqliteReader(file, now, busyTimeoutMs)
  const writer = sqliteWriter(file, now, busyTimeoutMs)
  let closing: Promise<void> | undefined

  /** What is wrong with an operation before it begins. */
  function refusal(key: string, value: string): StoreError | undefined {
    if (closing) return closedError(`SQLite store ${path}`)
    return isStorable(key) && isStorable(value) ? undefined : unstorable()
  }

  return {
    get: key => {
      const error = refusal(key, '')
      return error ? Promise.reject(error) : reader.get(key)
    },
    set: (key, value, options) => {
      const error = refusal(key, value)
      if (error) return Promise.reject(error)
      return writer.write(transaction => applySet(transaction, key, value, options), value.length)
    },
    delete: (key, { expected }) => {
      const error = refusal(key, '')
      return error
        ? Promise.reject(error)
        : writer.write(transaction => applyDelete(transaction, key, expected))
    },
    async *listOpen(prefix) {
      const error = refusal(prefix, '')
      if (error) throw error
      yield* reader.listOpen(prefix)
    },
    openFolders: (prefix, options) => {
      const error = refusal(prefix, options.after ?? '')
      return error ? Promise.reject(error) : reader.openFolders(prefix, options)
    },
    async *listSettled(prefix) {
      const error = refusal(prefix, '')
      if (error) throw error
      yield* reader.listSettled(prefix)
    },
    since: () => {
      const error = refusal('', '')
      return error ? Promise.reject(error) : reader.since()
    },
    close: () => (closing ??= Promise.all([reader.end(), writer.end()]).then(file.close)),
  }
}

/** SQLite's text ends at a NUL for some, and half a surrogate pair has no UTF-8: they would come back changed. */
function isStorable(text: unknown): boolean {
  return typeof text === 'string' && text.isWellFormed() && !text.includes('\0')
}

function unstorable(): StoreError {
  return new StoreError(
    'failed',
    'A SQLite store holds text without NUL and without half a surrogate pair: nothing was written.',
  )
}

/** Made absolute now, so that `process.chdir` does not lead to another file later. */
function locate(path: unknown): string {
  if (path instanceof URL && path.protocol === 'file:') return fileURLToPath(path)
  if (typeof path !== 'string' || path === '' || path.includes('\0') || /^(?:file:|:memory:$)/i.test(path)) {
    throw invalidOption(
      'sqliteStore.path',
      'the path of a file, or a file: URL object (memoryStore() keeps records in memory)',
    )
  }
  return resolve(path)
}

function isTimeout(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 2_147_483_647
}
