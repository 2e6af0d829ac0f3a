import { Pool, type PoolClient } from 'pg'

/** A pool whose lost connections end no process: what was lost is seen by the statement that meets it. */
export function openPool(connectionString: string): Pool {
  return new Pool({ connectionString, max: 8 })
    .on('error', () => {})
    .on('connect', client => client.on('error', () => {}))
}

/** Commits what `work` gives, or rolls back what it throws. */
export async function inTransaction<Value>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Value>,
): Promise<Value> {
  const client = await pool.connect()
  // Where anything fails the connection does not go back, and the database rolls back what it had begun.
  let isBroken = true
  try {
    await client.query('BEGIN')
    const value = await work(client)
    await client.query('COMMIT')
    isBroken = false
    return value
  } finally {
    client.release(isBroken)
  }
}
