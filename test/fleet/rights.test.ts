import { readFileSync } from 'node:fs'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { expect, onTestFinished, test } from 'vitest'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { redisStore } from '../../src/stores/redis/redis-store.ts'
import { storeContract } from '../../src/testing/store-contract.ts'
import { startPostgres } from './harness/postgres-server.ts'
import { startRedis } from './harness/redis-server.ts'

/* The rights that docs/many-hosts.md names are enough: with them the stores keep the contract. */

const page = readFileSync(new URL('../../docs/many-hosts.md', import.meta.url), 'utf8')

const GRANTS = `GRANT SELECT, INSERT, UPDATE, DELETE ON "stillonce_records" TO shop;
GRANT SELECT ON "stillonce_records_memory" TO shop;
GRANT USAGE ON SEQUENCE "stillonce_records_places" TO shop;`

test('a role of PostgreSQL with the rights of the page keeps the contract', async () => {
  expect(page).toContain(GRANTS)
  const server = await startPostgres()
  onTestFinished(server.stop)
  const owner = new Pool({ connectionString: server.url })
  await postgresStore(owner).migrate()
  await owner.query(`CREATE ROLE shop LOGIN; ${GRANTS}`)
  await owner.end()
  const shop = new Pool({ connectionString: server.url.replace('fleet@', 'shop@') })
  for (const { name, run } of storeContract)
    await expect(run({ open: () => postgresStore(shop), shared: true }), name).resolves.toBeUndefined()
  await expect(postgresStore(shop).migrate()).rejects.toMatchObject({ kind: 'failed', reason: 'blocked' })
  await shop.end()
})

const RULES =
  'ACL SETUSER shop on >secret ~{stillonce}* &{stillonce}:writes +get +mget +eval +evalsha +info +zrangebylex ' +
  '+exists +incrby +getrange +zadd +mset +set +zrem +del +time +scan +publish +subscribe +unsubscribe'

test('a user of Redis with the rights of the page keeps the contract, and one without a right is told', async () => {
  expect(page).toContain(RULES)
  const server = await startRedis()
  onTestFinished(server.stop)
  const connected = async (url: string) =>
    createClient({ url })
      .on('error', () => {})
      .connect()
  const admin = await connected(server.url)
  await admin.sendCommand(RULES.split(' '))
  const url = server.url.replace('//', '//shop:secret@')
  const [client, subscriber] = [await connected(url), await connected(url)]
  const open = () => redisStore(client, { subscriber })
  for (const { name, run } of storeContract)
    await expect(run({ open, shared: true }), name).resolves.toBeUndefined()
  await admin.sendCommand(['ACL', 'SETUSER', 'shop', '-incrby'])
  await expect(open().set('k', 'v', { expected: null, open: true })).rejects.toMatchObject({
    kind: 'failed',
    reason: 'blocked',
  })
  for (const each of [client, subscriber, admin]) each.destroy()
})
