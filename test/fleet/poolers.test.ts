import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { storeContract } from '../../src/testing/store-contract.ts'
import { startPayments } from './harness/payments.ts'
import { startPgbouncer, type Pgbouncer } from './harness/pgbouncer.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'
import { STORES } from './stores.ts'

/* Few connections for many runs: a pool of two, and pgbouncer in transaction mode with two. */
let server: PostgresServer
let pgbouncer: Pgbouncer

beforeAll(async () => {
  server = await startPostgres()
  pgbouncer = await startPgbouncer(server, 2)
  const pool = new Pool({ connectionString: pgbouncer.url })
  await postgresStore(pool).migrate()
  await pool.end()
})

afterAll(async () => {
  await pgbouncer?.stop()
  await server?.stop()
})

const OVER = {
  'a pool of two connections': () => server.url,
  'pgbouncer in transaction mode, with two connections': () => pgbouncer.url,
}

test.each(Object.entries(OVER))(
  'two processes run the same 50 at once over %s, and nobody waits for ever',
  async (name, url) => {
    const payments = await startPayments(() => false)
    onTestFinished(payments.close)
    const sent: string[] = []

    async function runAll(): Promise<string[]> {
      const pool = new Pool({ connectionString: url(), max: 2, application_name: 'runs' })
      onTestFinished(() => pool.end())
      const counting = {
        query: (text: string, values: unknown[]) => {
          sent.push(text)
          return pool.query(text, values)
        },
      }
      const listen = async (): Promise<Client> => {
        const listener = new Client({ connectionString: server.url, application_name: 'listener' })
        await listener.connect()
        return listener
      }
      const store = postgresStore(counting, { listen })
      store.watch?.('one that nobody writes', () => {})
      const client = createClient({
        transport: fetchTransport({ baseUrl: payments.url }),
        store,
        scope: name,
        profile: ietf,
      })
      const pay = client.operation<{ order: string }>({
        name: 'pay',
        id: ({ order }) => order,
        request: input => ({ method: 'post', url: 'payments', json: input }),
      })
      const ends = await Promise.all(
        Array.from({ length: 50 }, (_, at) => pay.start({ order: `${name}/${at}` }).settled),
      )
      // While both listen.
      await vi.waitFor(async () => expect(await connectionsThatListen()).toEqual(['listener']), 10_000)
      expect(pool.totalCount).toBeLessThanOrEqual(2)
      await client.close()
      await store.close?.()
      return ends.map(({ outcome }) => outcome)
    }

    const outcomes = (await Promise.all([runAll(), runAll()])).flat()
    expect(outcomes).toEqual(outcomes.map(() => 'executed'))
    expect([...payments.effects.values()]).toEqual(Array.from({ length: 50 }, () => 1))
    expect(sent.filter(text => text.startsWith('LISTEN'))).toEqual([])
  },
)

async function connectionsThatListen(): Promise<string[]> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    "SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
  )
  await client.end()
  return rows.map(({ name }) => name)
}

const LIBRARIES = inject('isLong') ? (['pg', 'postgres'] as const) : (['pg'] as const)

describe.each(LIBRARIES)('behind pgbouncer in transaction mode the store on %s keeps the contract', name => {
  test.each(storeContract)('$name', async ({ run }) => {
    await expect(run({ shared: true, open: () => STORES[name](pgbouncer.url) })).resolves.toBeUndefined()
  })
})

test.each([
  { settings: [], setting: 'off' },
  { settings: ['server_reset_query_always = 1'], setting: 'on' },
])(
  'what another client SETs stays on the connection that is given to the store, unless it is reset: $settings',
  async ({ settings, setting }) => {
    const one = await startPgbouncer(server, 1, settings)
    onTestFinished(one.stop)
    const [other, own] = [
      new Client({ connectionString: one.url }),
      new Client({ connectionString: one.url }),
    ]
    await Promise.all([other.connect(), own.connect()])
    await other.query('SET synchronous_commit = off')
    const { rows } = await own.query<{ setting: string }>(
      "SELECT current_setting('synchronous_commit') AS setting",
    )
    expect(rows).toEqual([{ setting }])
    await Promise.all([other.end(), own.end()])
  },
)
