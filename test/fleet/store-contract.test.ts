import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Pool } from 'pg'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { storeContract } from '../../src/testing/store-contract.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'
import { startRedis, type RedisServer } from './harness/redis-server.ts'
import { STORES, type OpenStore } from './stores.ts'

let postgresServer: PostgresServer
let redisServer: RedisServer

beforeAll(async () => {
  ;[postgresServer, redisServer] = await Promise.all([startPostgres(), startRedis()])
  const pool = new Pool({ connectionString: postgresServer.url })
  await postgresStore(pool).migrate()
  await pool.end()
})

afterAll(async () => {
  await postgresServer?.stop()
  await redisServer?.stop()
})

/** Each library, and `pg` with results in the binary format. */
const OPEN: Readonly<Record<string, OpenStore>> = {
  ...STORES,
  'pg, in binary': async connectionString => {
    const pool = new Pool(Object.assign({ connectionString }, { binary: true }))
    const store = postgresStore(pool)
    let closed: Promise<void> | undefined
    const close = async () => {
      await store.close?.()
      await pool.end()
    }
    return { ...store, close: () => (closed ??= close()) }
  },
}

const url = (name: string): string => (name.includes('redis') ? redisServer.url : postgresServer.url)

describe.each(Object.entries(OPEN))('the store on %s keeps the contract', (name, open) => {
  test.each(storeContract)('$name', async ({ run }) => {
    await expect(run({ shared: true, open: () => open(url(name)) })).resolves.toBeUndefined()
  })
})
