import { Redis } from 'ioredis'
import { Pool } from 'pg'
import postgres from 'postgres'
import { createClient } from 'redis'
import type { RecordStore } from '../../src/public/store.ts'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { redisStore } from '../../src/stores/redis/redis-store.ts'

/** A handle on the store with a connection of its own, as another process has it. `close` closes both. */
export type OpenStore = (url: string) => Promise<RecordStore>

/** Each store under each library, by a name that also a child process knows. */
export const STORES = {
  pg: async url => {
    const pool = new Pool({ connectionString: url, max: 4 })
    // A connection that is lost while nobody uses it.
    pool.on('error', () => {})
    return closing(postgresStore(pool), () => pool.end())
  },
  postgres: async url => {
    const sql = postgres(url, { max: 4, onnotice: () => {} })
    const client = {
      query: async (text: string, values: unknown[]) => ({
        rows: await sql.unsafe(text, values as postgres.ParameterOrJSON<never>[]),
      }),
    }
    // Without a limit it waits for ever after connections were cut.
    return closing(postgresStore(client), () => sql.end({ timeout: 1 }))
  },
  redis: async url => {
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    return closing(redisStore(client), () => client.close())
  },
  ioredis: async url => {
    const client = new Redis(url)
    client.on('error', () => {})
    return closing(redisStore(client), async () => client.disconnect())
  },
} as const satisfies Readonly<Record<string, OpenStore>>

function closing(store: RecordStore, end: () => Promise<unknown>): RecordStore {
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await store.close?.()
    await end()
  }
  return { ...store, close: () => (closed ??= close()) }
}
