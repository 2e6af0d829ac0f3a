import type { SqliteDatabase, SqlValue, Statement } from './database.ts'

/**
 * The part of `bun:sqlite` (https://bun.sh/docs/api/sqlite) that the store uses. Bun before 1.4 has no `node:sqlite`.
 */
export type BunSqlite = { readonly Database: new (path: string, options: object) => BunDatabase }

type BunDatabase = {
  exec(sql: string): unknown
  prepare(sql: string): BunStatement
  readonly inTransaction: boolean
  close(): void
}

type BunStatement = Omit<Statement, 'get'> & {
  get(...values: readonly SqlValue[]): Record<string, unknown> | null
  finalize(): void
}

/** Wraps Bun's database in the interface of `node:sqlite`. */
export function bunDatabase({ Database: Opened }: BunSqlite, path: string): SqliteDatabase {
  const db = new Opened(path, { readwrite: true, create: true })
  const statements: BunStatement[] = []
  db.exec('PRAGMA busy_timeout = 0')
  const probe = db.prepare('SELECT hex(?) AS bytes')
  statements.push(probe)
  const own = probe.get('\ufeff')?.['bytes'] === '' ? withoutLoss : unchanged

  function prepare(sql: string): Statement {
    const statement = db.prepare(sql)
    statements.push(statement)
    return {
      get: (...values) => statement.get(...values.map(own)) ?? undefined,
      all: (...values) => statement.all(...values.map(own)),
      run: (...values) => statement.run(...values.map(own)),
    }
  }

  return {
    exec: sql => void db.exec(sql),
    prepare,
    location: () => {
      const file = prepare('PRAGMA database_list').get()?.['file']
      return typeof file === 'string' && file !== '' ? file : null
    },
    get isTransaction() {
      return db.inTransaction
    },
    // A statement that is not finalized keeps the file open, with its locks, until it is garbage-collected.
    close: () => {
      for (const statement of statements.splice(0)) statement.finalize()
      db.close()
    },
  }
}

/** Bun drops one byte order mark (U+FEFF) from the beginning of each bound text (seen in 1.3.14; test/runtimes). */
function withoutLoss(value: SqlValue): SqlValue {
  return typeof value === 'string' && value.startsWith('\ufeff') ? `\ufeff${value}` : value
}

function unchanged(value: SqlValue): SqlValue {
  return value
}
