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

/** The rows of a statement, as the statement's author knows them to be. */
export async function rowsOf<Row>(
  client: PostgresClient,
  text: string,
  values: unknown[],
): Promise<readonly Row[]> {
  const { rows } = await client.query(text, values)
  return rows as readonly Row[]
}
