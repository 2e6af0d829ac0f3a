import type { DatabaseTransaction, RecordStore, SetOptions } from '../../public/store.ts'
import { systemDigest } from '../../runtime/digest.ts'
import { checkOptions, invalidOption, isFunction, type OptionRules } from '../check-options.ts'
import { withCodec, type Codec, type ListingStore } from '../codec.ts'
import { isCodec } from '../is-codec.ts'
import { closedError, StoreError } from '../store-error.ts'
import { writeVersion } from '../write-version.ts'
import { errorOfPostgres, isBeingMade } from './errors.ts'
import { listOpen, listSettled, openFolders } from './listing.ts'
import { rowsOf, type PostgresClient, type PostgresListener } from './postgres-client.ts'
import { statementOf } from './record-write.ts'
import { recordsWithin } from './records-within.ts'
import { rowIdOf } from './row-id.ts'
import { send, sendOnce } from './send.ts'
import { valueOfStored } from './stored-text.ts'
import { statementsFor, type RecordStatements } from './statements.ts'
import { sweeper } from './sweeper.ts'
import { notifyHints } from './notify-hints.ts'

export type PostgresStoreOptions = {
  /**
   * Lower-case letters, digits and underscores, at most 40. Default `stillonce_records`. The store also uses this
   * name with `_memory` and `_places` at its end.
   */
  readonly table?: string | undefined
  /** The schema that holds the table. Default: the first schema of the connection's search path. */
  readonly schema?: string | undefined
  /**
   * Opens a separate, connected client that listens for other processes' writes (`LISTEN`), so that waiting calls
   * look at once. Every process that writes needs this option. Notifications are only hints: a missed write is still
   * found by the regular looks. Default: none.
   */
  readonly listen?: (() => Promise<PostgresListener>) | undefined
  /**
   * Permits a role whose commits are acknowledged before the disk has them (`synchronous_commit = off`). After a
   * crash of the database, an operation that was executed may be executed again. Default false: such a role is
   * refused.
   */
  readonly allowAsyncCommit?: boolean | undefined
  /**
   * Returns the time that `expiresAt` is compared with, epoch ms. Default: the database's clock, which all hosts
   * share.
   */
  readonly now?: (() => number) | undefined
  /**
   * Encrypts the values. Keys, times and whether a record is open stay readable. Default: values are stored as they
   * are.
   */
  readonly codec?: Codec | undefined
}

/** A store in PostgreSQL. */
export type PostgresStore = RecordStore & {
  readonly within: NonNullable<RecordStore['within']>
  /**
   * Creates the tables, indexes and sequence that are missing, and changes nothing that exists. Safe to call at every
   * start, and from many processes at once.
   */
  readonly migrate: () => Promise<void>
}

type TransactionalStore = ListingStore & Required<Pick<RecordStore, 'within'>>

const RULES: OptionRules = {
  table: [isName, 'small letters, digits and underscores, at most 40'],
  schema: [isName, 'small letters, digits and underscores, at most 40'],
  listen: [isFunction, 'a function that gives a connected client, for LISTEN'],
  allowAsyncCommit: [value => typeof value === 'boolean', 'true or false'],
  now: [isFunction, 'a function that gives epoch milliseconds'],
  codec: [isCodec, 'an object with the functions encrypt and decrypt'],
}

/**
 * A store in one table of PostgreSQL, for services on many hosts: all processes that share the database share the
 * keys. Each compare-and-set is one statement that needs no session, so the store works behind a transaction pooler
 * and occupies a connection only for one statement at a time. A write resolves when its commit has been acknowledged.
 * A write is as durable as the database: a failover to a standby that lags behind loses the writes that had not
 * reached the standby.
 *
 * A statement that the server undid (serialization failure, deadlock) is sent again, up to 6 times. After a lost
 * connection, reads and `set` are sent again, up to 3 times. If the answer to a `set` was lost, the record's version
 * shows whether the write was done, because every write makes its own version. Operations reject with a StoreError of
 * kind `failed` and a reason: `lost` (the connection failed), `busy`, `full`, or `blocked` (a read-only standby,
 * missing rights). Text with NUL or half a surrogate pair is refused. `close` ends what the store itself opened, and
 * leaves the pool open. A wrong option throws here.
 *
 * @example
 * const pool = new Pool({ connectionString }).on('error', log) // without a listener a lost connection ends the process
 * const store = postgresStore(pool)
 * await store.migrate()
 * const client = createClient({ store, ... })
 */
export function postgresStore(pool: PostgresClient, options: PostgresStoreOptions = {}): PostgresStore {
  if (typeof pool !== 'object' || pool === null || typeof pool.query !== 'function') {
    throw invalidOption('postgresStore.pool', 'an object with `query(text, values)`: a Pool of pg, a PGlite')
  }
  checkOptions('postgresStore', options, RULES)
  const { codec, allowAsyncCommit = false } = options
  const { store, migrate } = plainPostgresStore(pool, options)
  const listing = codec ? withCodec(store, codec) : store
  return { ...listing, ...(allowAsyncCommit && { isWeak: true as const }), migrate }
}

function plainPostgresStore(
  pool: PostgresClient,
  options: PostgresStoreOptions,
): { readonly store: TransactionalStore; readonly migrate: () => Promise<void> } {
  const { table = 'stillonce_records', schema, listen, allowAsyncCommit = false, now } = options
  const statements = statementsFor({ table, schema }, listen !== undefined)
  const digest = systemDigest()
  const hints = listen && notifyHints(listen, statements.listen)
  const sweeping = sweeper(async most => {
    const { rows } = await query(statements.sweep, [nowAt(), most])
    return rows.length
  })
  /** Whether commits are known to wait for the disk. A transaction may have a setting that differs from its role's. */
  const isDurable = { alone: allowAsyncCommit, within: allowAsyncCommit }
  let closing: Promise<void> | undefined

  /** Null: use the database's clock. */
  const nowAt = (): number | null => now?.() ?? null
  const query = <Row>(text: string, values: unknown[]) => send<Row>(pool, table, text, values)

  /** The row's id. Rejects if the store is closed or a text cannot be stored. */
  async function idOf(key: string, ...texts: readonly string[]): Promise<string> {
    if (closing) throw closedError(`Postgres store ${table}`)
    if (![key, ...texts].every(isStorable)) throw unstorable()
    return rowIdOf(key, digest)
  }

  /**
   * Checks the setting before the first write. Until the first answer is there, every write asks the database itself,
   * so that a connection that hangs delays only its own write.
   */
  async function checkDurable(transaction?: DatabaseTransaction): Promise<void> {
    const whose = transaction === undefined ? 'alone' : 'within'
    if (isDurable[whose]) return
    refuseAsyncCommit(await commitSettingOf(statements, transaction))
    isDurable[whose] = true
  }

  async function commitSettingOf(
    { commitSetting }: RecordStatements,
    transaction: DatabaseTransaction | undefined,
  ): Promise<string | undefined> {
    type Row = { readonly setting: string }
    const rows =
      transaction === undefined
        ? (await query<Row>(commitSetting, [])).rows
        : await rowsOf<Row>(transaction, commitSetting, [])
    return rows[0]?.setting
  }

  function refuseAsyncCommit(setting: string | undefined): void {
    if (setting !== 'off') return
    throw new StoreError(
      'failed',
      'PostgreSQL acknowledges a commit of this role before the disk has it (synchronous_commit is off), so that a key ' +
        'can be lost after it was sent: nothing was written. Set it to on for this role, or say `allowAsyncCommit: true`.',
    )
  }

  async function set(key: string, value: string, settings: SetOptions): Promise<string | undefined> {
    const id = await idOf(key, value)
    await checkDurable()
    const version = writeVersion()
    const write = { ...settings, id, key, value, version, nowAt: nowAt() }
    const { rows, isInDoubt } = await query(...statementOf(statements, write))
    if (rows.length === 0 && !(isInDoubt && (await wasWritten(id, version)))) return undefined
    if (!settings.open) sweeping.settled()
    return version
  }

  /** After a lost acknowledgement: whether the record holds the write. */
  async function wasWritten(id: string, version: string): Promise<boolean> {
    const { rows } = await query<{ readonly version: string }>(statements.versionNow, [id])
    if (rows[0]?.version === version) return true
    throw new StoreError(
      'failed',
      `The connection to the Postgres store ${table} was lost during a write, and the record has changed since: the write may or may not have been done.`,
      { reason: 'lost' },
    )
  }

  const store: TransactionalStore = {
    get: async key => {
      const id = await idOf(key)
      const { rows } = await query<{ readonly value: string; readonly version: string }>(statements.get, [
        id,
        nowAt(),
      ])
      const [found] = rows
      return found && { value: valueOfStored(found.value), version: found.version }
    },
    set,
    delete: async (key, { expected }) => {
      const id = await idOf(key)
      return (await sendOnce(pool, table, statements.remove, [id, expected, nowAt()])).length > 0
    },
    async *listOpen(prefix) {
      await idOf(prefix)
      yield* listOpen(query, statements, prefix)
    },
    openFolders: async (prefix, page) => {
      await idOf(prefix)
      return openFolders(query, statements, prefix, page)
    },
    async *listSettled(prefix) {
      await idOf(prefix)
      yield* listSettled(query, statements, prefix, nowAt)
    },
    since: async () => {
      await idOf('')
      const { rows } = await query<{ readonly since: string }>(statements.since, [])
      return Number(rows[0]?.since)
    },
    ...(hints && {
      watch: (key: string, listener: () => void) => watched(key, listener),
      watchAll: hints.watchAll,
    }),
    within: transaction => recordsWithin(transaction, { statements, idOf, nowAt, checkDurable }),
    close: () => (closing ??= Promise.all([sweeping.end(), hints?.close()]).then(() => {})),
  }

  function watched(key: string, listener: () => void): () => void {
    let isEnded = false
    let end = (): void => {}
    void rowIdOf(key, digest).then(id => {
      if (!isEnded && hints !== undefined) end = hints.watch(id, listener)
    })
    return () => {
      isEnded = true
      end()
    }
  }

  async function migrate(): Promise<void> {
    for (const statement of statements.migration) await make(statement)
    await query(statements.beginMemory, [nowAt()])
  }

  /**
   * `IF NOT EXISTS` takes no lock: when two processes create the same thing, one fails, and finds the thing at its
   * next try.
   */
  async function make(statement: string): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await pool.query(statement, [])
        return
      } catch (error) {
        if (tries === 5 || !isBeingMade(error)) throw errorOfPostgres(error, table)
      }
    }
  }

  return { store, migrate }
}

/** Text in PostgreSQL cannot hold a NUL, and half a surrogate pair has no UTF-8. */
function isStorable(text: unknown): boolean {
  return typeof text === 'string' && text.isWellFormed() && !text.includes('\0')
}

function unstorable(): StoreError {
  return new StoreError(
    'failed',
    'A Postgres store holds text without NUL and without half a surrogate pair: nothing was written.',
  )
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z_][a-z0-9_]{0,39}$/.test(value)
}
