import { Redis } from 'ioredis'
import { Client, Pool } from 'pg'
import { createClient } from 'redis'
import type { RecordStore } from '../../src/public/store.ts'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { redisStore } from '../../src/stores/redis/redis-store.ts'

export type StoreName = 'pg' | 'redis' | 'ioredis'

type Open = (url: string, options?: { readonly isSilent?: boolean }) => Promise<HintingStore>

/** The store as one process of many has it, with a connection of its own for hints. */
export type HintingStore = {
  readonly store: RecordStore
  /** Its transactions, where it has some. */
  readonly pool: Pool | undefined
  /** May be called twice. */
  readonly end: () => Promise<void>
}

/** What the connections for hints are called, where a server shows names. */
export const LISTENER = 'hints'

/** Each store that tells of writes, under each library, by a name that also a child process knows. A silent one tells nobody. */
export const HINTING_STORES: Readonly<Record<StoreName, Open>> = {
  pg: async (url, { isSilent = false } = {}) => {
    const pool = new Pool({ connectionString: url, max: 4 }).on('error', () => {})
    const listen = async () => {
      const listener = new Client({ connectionString: url, application_name: LISTENER })
      await listener.connect()
      return listener
    }
    const store = postgresStore(pool, isSilent ? {} : { listen })
    const end = async () => {
      await store.close?.()
      if (!pool.ending) await pool.end()
    }
    return { store, pool, end }
  },
  redis: async (url, { isSilent = false } = {}) => {
    const client = createClient({ url }).on('error', () => {})
    await client.connect()
    const subscriber = client.duplicate({ name: LISTENER }).on('error', () => {})
    await subscriber.connect()
    const store = redisStore(client, isSilent ? {} : { subscriber })
    const end = async () => {
      await store.close?.()
      for (const each of [client, subscriber]) if (each.isOpen) each.destroy()
    }
    return { store, pool: undefined, end }
  },
  ioredis: async (url, { isSilent = false } = {}) => {
    const client = new Redis(url).on('error', () => {})
    const subscriber = client.duplicate({ connectionName: LISTENER }).on('error', () => {})
    const store = redisStore(client, isSilent ? {} : { subscriber })
    const end = async () => {
      await store.close?.()
      for (const each of [client, subscriber]) each.disconnect()
    }
    return { store, pool: undefined, end }
  },
}
