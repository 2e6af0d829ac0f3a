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

const url = (name: string): string => (name.includes('redis') ? redisServer.url : postgresServer.url)

describe.each(Object.entries<OpenStore>(STORES))('the store on %s keeps the contract', (name, open) => {
  test.each(storeContract)('$name', async ({ run }) => {
    await expect(run({ shared: true, open: () => open(url(name)) })).resolves.toBeUndefined()
  })
})
