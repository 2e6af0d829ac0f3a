import { StoreError } from '../store-error.ts'

/**
 * What the store needs from a driver: a function that sends one statement with its parameters (`$1`, `$2`, …) over
 * any connection. `pg`'s `Pool` and PGlite fit as they are. `postgres` (porsager) needs one line: `{ query: async
 * (text, values) => ({ rows: await sql.unsafe(text, values) }) }`.
 */
export type PostgresClient = {
  readonly query: (text: string, values: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>
}

/**
 * A connection for hints alone (`pg`'s `Client`, connected). Never take one from the pool: a transaction pooler gives
 * the connection to another client after the statement.
 */
export type PostgresListener = {
  readonly query: (text: string) => Promise<unknown>
  readonly on: (
    event: 'notification' | 'error' | 'end',
    listener: (message: { readonly payload?: string | undefined }) => void,
  ) => unknown
  readonly end: () => Promise<unknown>
}

/**
 * The rows of a statement, typed as the caller declares them. Rejects if the driver returns something other than
 * rows.
 */
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
