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
  /** How long an operation waits while another process has the file locked, ms. Default 10,000. */
  readonly busyTimeout?: number | undefined
  /** Returns the time that `expiresAt` is compared with, epoch ms. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /**
   * Encrypts the values. Keys, times and whether a record is open stay readable. Default: values are stored as they
   * are.
   */
  readonly codec?: Codec | undefined
}

const RULES: OptionRules = {
  busyTimeout: [isTimeout, 'milliseconds, from 0 to 2147483647'],
  now: [isFunction, 'a function that gives epoch milliseconds'],
  codec: [isCodec, 'an object with the functions encrypt and decrypt'],
}

/**
 * A store in one SQLite file. The file survives crashes of the process and of the machine, and any number of
 * processes of one host may share it. A write resolves when it is on the disk (a synced write-ahead log). All writes
 * of one turn of the event loop share one transaction. Put the file on a local disk, in a folder that exists. The
 * store keeps up to three more files beside it, whose names end with `-wal`, `-shm` and `-stillonce`.
 *
 * The file is opened at the first use, and again at the next use after an error. Operations reject with a StoreError:
 * `failed` if the file is locked for longer than `busyTimeout`, is full or read-only, or its folder is missing;
 * `corrupt` if the file is damaged, is no database, or belongs to another application or a newer version. A `corrupt`
 * file is left as it is. A read returns only what is on the disk: if a write is not on the disk yet, the read waits
 * for it. After a write could not be brought to the disk, every operation rejects, in all processes that see the
 * failure, until the whole log has been written again and has reached the disk.
 *
 * The store creates the file with mode 0600 (only its owner may read it), and gives an empty file the same mode. A
 * file that holds data keeps its mode. A symbolic link is followed, and must lead to the same file for as long as the
 * file is open. A wrong path or option throws here.
 *
 * @example
 * const client = createClient({ store: sqliteStore('./operations.db'), ... })
 */
export function sqliteStore(path: string | URL, options: SqliteStoreOptions = {}): RecordStore {
  const location = locate(path)
  checkOptions('sqliteStore', options, RULES)
  // Refuses a runtime without SQLite here, and not at the first operation.
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

  /** The reason to refuse an operation before it begins. */
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

/** Some readers of SQLite end a text at a NUL, and half a surrogate pair has no UTF-8: both would come back changed. */
function isStorable(text: unknown): boolean {
  return typeof text === 'string' && text.isWellFormed() && !text.includes('\0')
}

function unstorable(): StoreError {
  return new StoreError(
    'failed',
    'A SQLite store holds text without NUL and without half a surrogate pair: nothing was written.',
  )
}

/** Resolved now, so that a later `process.chdir` does not lead to another file. */
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
