import { Pool, type PoolClient } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { enqueue, postgresStore } from '../../src/entries/postgres.ts'
import { createIdempotency } from '../../src/entries/server.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { startCuttingProxy, type Cut } from './harness/cutting-proxy.ts'
import { startPayments } from './harness/payments.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'

/* The COMMIT of a transaction that holds a key and its effect ends in each way: both are there, or neither, and all know. */

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
  const pool = new Pool({ connectionString: server.url })
  await postgresStore(pool).migrate()
  await pool.query('CREATE TABLE effects (id serial, key text)')
  await pool.end()
})

afterAll(() => server?.stop())

const CUTS = ['answered', 'before', 'at work', undefined] as const
const KEYS = 40

type AtEnd = (work: () => Promise<void>) => void

/** A pool of which the connections end at their COMMIT, in each way in turn. */
async function cutPool(
  atEnd: AtEnd,
): Promise<{ readonly pool: Pool; readonly cuts: Readonly<Record<Cut, number>> }> {
  let commits = 0
  const proxy = await startCuttingProxy(server.port, sent =>
    sent.includes('COMMIT') ? CUTS[(commits += 1) % CUTS.length] : undefined,
  )
  atEnd(proxy.close)
  const pool = new Pool({ connectionString: server.url.replace(`:${server.port}`, `:${proxy.port}`), max: 4 })
    .on('error', () => {})
    .on('connect', client => client.on('error', () => {}))
  atEnd(() => pool.end())
  return { pool, cuts: proxy.cuts }
}

async function inTransaction<Value>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Value>,
): Promise<Value> {
  const client = await pool.connect()
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

test(`completeWithin: ${KEYS} keys whose commits are cut, before, at work and after: one effect each, and its answer`, async ({
  onTestFinished,
}) => {
  const { pool, cuts } = await cutPool(onTestFinished)
  const once = createIdempotency({ store: postgresStore(pool), scope: 'fleet', resumable: true, wait: 2_000 })
  const serve = once.wrap((_, { key, completeWithin }) =>
    inTransaction(pool, async client => {
      const { rows } = await client.query<{ readonly id: number }>(
        'INSERT INTO effects (key) VALUES ($1) RETURNING id',
        [key],
      )
      return completeWithin(client, Response.json(rows[0], { status: 201 }))
    }),
  )
  const post = (key: string) =>
    serve(
      new Request('http://fleet.example/effects', { method: 'POST', headers: { 'idempotency-key': key } }),
    )
  /** Whoever is not told of a success asks again, with the same key. */
  async function answerOf(
    key: string,
  ): Promise<{ readonly key: string; readonly id: number; readonly again: number }> {
    for (let tries = 0; tries < 20; tries += 1) {
      const answer = await post(key)
      if (answer.status !== 201) continue
      const { id } = (await answer.json()) as { readonly id: number }
      const replay = (await (await post(key)).json()) as { readonly id: number }
      return { key, id, again: replay.id }
    }
    throw new Error(`${key} was not answered.`)
  }
  const keys = Array.from({ length: KEYS }, (_, at) => `k${at}`)
  const answers = await Promise.all(keys.map(answerOf))
  await once.idle()

  const { rows } = await pool.query<{ readonly id: number; readonly key: string }>(
    'SELECT id, key FROM effects',
  )
  expect(rows.length).toBe(KEYS)
  const effects = new Map(rows.map(({ id, key }) => [key, id]))
  expect(answers.filter(({ key, id, again }) => effects.get(key) !== id || again !== id)).toEqual([])
  expect(Math.min(cuts.answered, cuts.before, cuts['at work'])).toBeGreaterThan(5)
})

test(`enqueue: ${KEYS} orders whose commits are cut, repeated as a whole: one call each`, async ({
  onTestFinished,
}) => {
  const { pool, cuts } = await cutPool(onTestFinished)
  const payments = await startPayments(() => false)
  onTestFinished(payments.close)
  const client = createClient({
    transport: fetchTransport({ baseUrl: payments.url }),
    store: postgresStore(pool),
    scope: 'fleet',
    profile: ietf,
  })
  onTestFinished(() => client.close())
  const pay = client.operation({
    name: 'pay',
    id: ({ order }: { readonly order: string }) => order,
    request: input => ({ method: 'post', url: 'payments', json: input }),
    persist: 'request',
  })
  async function place(order: string): Promise<void> {
    for (let tries = 0; tries < 20; tries += 1) {
      try {
        await inTransaction(pool, transaction => enqueue(transaction, pay, { order }))
        return
      } catch {
        // Whether it was committed is not known here: once more, and it is one.
      }
    }
    throw new Error(`${order} was not placed.`)
  }
  const orders = Array.from({ length: KEYS }, (_, at) => `transactions/${at}`)
  await Promise.all(orders.map(place))
  await client.resume({ scope: 'all', send: true })

  expect(orders.filter(order => payments.effects.get(order) !== 1)).toEqual([])
  expect(orders.filter(order => payments.keys.get(order)?.size !== 1)).toEqual([])
  expect(Math.min(cuts.answered, cuts.before, cuts['at work'])).toBeGreaterThan(5)
})
