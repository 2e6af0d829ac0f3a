import { Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import type { Operation } from '../../src/client/operation.ts'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { enqueue, postgresStore } from '../../src/entries/postgres.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { startPayments, type Payments } from './harness/payments.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'

/* Two transactions that enqueue at once, what rolls back in part, and what the database ends: with two drivers. */

type Order = { readonly order: string }
/** A transaction that a test begins, and ends. */
type Open = {
  readonly query: (text: string, values?: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>
  readonly end: (how: 'COMMIT' | 'ROLLBACK') => Promise<void>
}

let server: PostgresServer
let payments: Payments
let pool: Pool
let sql: postgres.Sql
let client: Client
let pay: Operation<Order>

beforeAll(async () => {
  server = await startPostgres()
  payments = await startPayments(() => false)
  pool = new Pool({ connectionString: server.url }).on('error', () => {})
  sql = postgres(server.url, { onnotice: () => {} })
  const store = postgresStore(pool)
  await store.migrate()
  client = createClient({
    transport: fetchTransport({ baseUrl: payments.url }),
    store,
    scope: 'fleet',
    profile: ietf,
  })
  pay = client.operation({
    name: 'pay',
    id: ({ order }: Order) => order,
    request: input => ({ method: 'post', url: 'payments', json: input }),
    persist: 'request',
  })
})

afterAll(async () => {
  await client?.close()
  await sql?.end()
  await pool?.end()
  await payments?.close()
  await server?.stop()
})

const DRIVERS = {
  pg: async (level: string): Promise<Open> => {
    const connection = await pool.connect()
    await connection.query(`BEGIN ISOLATION LEVEL ${level}`)
    return {
      query: (text, values) => connection.query(text, values),
      end: async how => {
        await connection.query(how)
        connection.release()
      },
    }
  },
  'postgres (porsager)': async (level: string): Promise<Open> => {
    const connection = await sql.reserve()
    await connection.unsafe(`BEGIN ISOLATION LEVEL ${level}`)
    return {
      query: async (text, values = []) => ({
        rows: await connection.unsafe(text, values as postgres.ParameterOrJSON<never>[]),
      }),
      end: async how => {
        await connection.unsafe(how)
        connection.release()
      },
    }
  },
}
const EACH = Object.entries(DRIVERS)

/** What an `enqueue` came to: the key, or the code of the driver's error. */
const cameTo = (enqueued: ReturnType<typeof enqueue>): Promise<string | undefined> =>
  enqueued.then(
    ({ key }) => key,
    (error: { readonly code?: string }) => error.code,
  )

const isWaiting = async (): Promise<void> => {
  for (;;) {
    const { rows } = await pool.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    if (rows.length > 0) return
  }
}

/** What a worker makes of it: how often it was executed, and under which keys. */
async function sent(order: string): Promise<readonly [number | undefined, readonly string[]]> {
  await client.resume({ scope: 'all', send: true })
  return [payments.effects.get(order), [...(payments.keys.get(order) ?? [])]]
}

const LEVELS = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']
const EACH_LEVEL = EACH.flatMap(([driver, begin]) => LEVELS.map(level => [driver, level, begin] as const))

test.each(EACH_LEVEL)(
  '%s, %s: of two transactions with one operation the second waits, and finds it or is to be repeated',
  async (driver, level, begin) => {
    const order = `${driver} ${level}`
    const [first, second] = [await begin(level), await begin(level)]
    // Now each has its snapshot.
    await Promise.all([first.query('SELECT 1'), second.query('SELECT 1')])
    const { key } = await enqueue(first, pay, { order })
    const waiting = cameTo(enqueue(second, pay, { order }))
    await isWaiting()
    await first.end('COMMIT')
    expect(await waiting).toBe(level === 'READ COMMITTED' ? key : '40001')
    await second.end(level === 'READ COMMITTED' ? 'COMMIT' : 'ROLLBACK')
    expect(await sent(order)).toEqual([1, [key]])
  },
)

test.each(EACH_LEVEL)(
  '%s, %s: where the first is rolled back, the second writes it',
  async (driver, level, begin) => {
    const order = `${driver} ${level}, rolled back`
    const [first, second] = [await begin(level), await begin(level)]
    await Promise.all([first.query('SELECT 1'), second.query('SELECT 1')])
    await enqueue(first, pay, { order })
    const waiting = cameTo(enqueue(second, pay, { order }))
    await isWaiting()
    await first.end('ROLLBACK')
    const key = await waiting
    await second.end('COMMIT')
    expect(await sent(order)).toEqual([1, [key]])
  },
)

test.each(EACH)(
  '%s: a rollback to a savepoint leaves nothing, and the same is enqueued again',
  async (driver, begin) => {
    const order = `${driver}, savepoint`
    const transaction = await begin('READ COMMITTED')
    await transaction.query('SAVEPOINT before')
    const undone = await enqueue(transaction, pay, { order })
    await transaction.query('ROLLBACK TO before')
    const { key } = await enqueue(transaction, pay, { order })
    await transaction.end('COMMIT')
    expect(key).not.toBe(undone.key)
    expect(await sent(order)).toEqual([1, [key]])

    const other = await begin('READ COMMITTED')
    await other.query('SAVEPOINT before')
    await enqueue(other, pay, { order: `${order}, given up` })
    await other.query('ROLLBACK TO before')
    await other.end('COMMIT')
    expect(await sent(`${order}, given up`)).toEqual([undefined, []])
  },
)

test.each(
  EACH.flatMap(([driver, begin]) =>
    (
      [
        ['statement_timeout', '57014'],
        ['lock_timeout', '55P03'],
      ] as const
    ).map(([setting, code]) => [driver, setting, code, begin] as const),
  ),
)(
  '%s: a %s while it waits for another transaction is the driver’s error, and a savepoint saves the rest',
  async (driver, setting, code, begin) => {
    const order = `${driver} ${setting}`
    const [first, second] = [await begin('READ COMMITTED'), await begin('READ COMMITTED')]
    const { key } = await enqueue(first, pay, { order })
    await second.query(`SET LOCAL ${setting} = '50ms'`)
    await second.query('SAVEPOINT before')
    expect(await cameTo(enqueue(second, pay, { order }))).toBe(code)
    await second.query('ROLLBACK TO before')
    const rest = await enqueue(second, pay, { order: `${order}, the rest` })
    await second.end('COMMIT')
    await first.end('COMMIT')
    expect(await sent(order)).toEqual([1, [key]])
    expect(await sent(`${order}, the rest`)).toEqual([1, [rest.key]])
  },
)

test.each(EACH)(
  '%s: two transactions that enqueue the same two in another order: one is to be repeated',
  async (driver, begin) => {
    const [one, two] = [{ order: `${driver} one` }, { order: `${driver} two` }]
    const [first, second] = [await begin('READ COMMITTED'), await begin('READ COMMITTED')]
    await enqueue(first, pay, one)
    await enqueue(second, pay, two)
    const ended = async (open: Open, came: Promise<string | undefined>) => {
      const code = await came
      await open.end(code === '40P01' ? 'ROLLBACK' : 'COMMIT')
      return code
    }
    const codes = await Promise.all([
      ended(first, cameTo(enqueue(first, pay, two))),
      ended(second, cameTo(enqueue(second, pay, one))),
    ])
    expect(codes.filter(code => code === '40P01')).toEqual(['40P01'])
    expect([(await sent(one.order))[0], (await sent(two.order))[0]]).toEqual([1, 1])
  },
)
