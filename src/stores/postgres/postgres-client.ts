import { StoreError } from '../store-error.ts'

/**
 * What the store needs of a driver: one statement with its parameters (`$1`, `$2`, …), sent to any connection. `pg`'s
 * `Pool` and PGlite are such objects as they are. `postgres` (porsager) becomes one in a line:
 * `{ query: async (text, values) => ({ rows: await sql.unsafe(text, values) }) }`.
 */
export type PostgresClient = {
  readonly query: (text: string, values: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>
}

/**
 * A connection of its own for hints (`pg`'s `Client`, connected): never one of the pool, because a transaction pooler
 * gives it to somebody else after the statement.
 */
export type PostgresListener = {
  readonly query: (text: string) => Promise<unknown>
  readonly on: (
    event: 'notification' | 'error' | 'end',
    listener: (message: { readonly payload?: string | undefined }) => void,
  ) => unknown
  readonly end: () => Promise<unknown>
}

/** The rows of a statement, as the statement's author knows them to be. Rejects where the driver gives something else. */
export async function rowsOf<Row>(
  client: PostgresClient,
  text: string,
  values: unknown[],
): Promise<readonly Row[]> {
  const result: unknown = await client.query(text, values)
  const rows: unknown = typeof result === 'object' && result !== null && Reflect.get(result, 'rows')
  if (!Array.isArray(rows) || Array.isArray(rows[0])) throw noRows()
  return rows as readonly Row[]
}

function noRows(): StoreError {
  return new StoreError(
    'failed',
    '`query(text, values)` of the client gave no { rows } of objects: an adapter takes it from what its driver gives, as ' +
      '`{ query: async (text, values) => ({ rows: await sql.unsafe(text, values) }) }` for postgres (porsager).',
  )
}
