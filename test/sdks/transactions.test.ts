import { Client, type Pool } from 'pg'
import { PrismaPg } from '@prisma/adapter-pg'
import { createClient, ietf } from 'stillonce'
import { enqueue, postgresStore } from 'stillonce/postgres'
import { createIdempotency, type IdempotencyOptions } from 'stillonce/server'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startCuttingProxy, type Cut, type CuttingProxy } from '../fleet/harness/cutting-proxy.ts'
import { startPostgres, type PostgresServer } from '../fleet/harness/postgres-server.ts'
import { LIBRARIES, openPool, type Library } from './harness/transactions-of.ts'
import { PrismaClient } from './prisma/generated/client.ts'
import { ofPrisma } from './recipes/of-prisma.ts'

/* docs/transactions.md: what commits with a user's own rows, in a transaction of the library that the user has. */

let server: PostgresServer
let pool: Pool

beforeAll(async () => {
  server = await startPostgres()
  pool = openPool(server.url)
  await postgresStore(pool).migrate()
  await pool.query('CREATE TABLE orders (id serial PRIMARY KEY, key text NOT NULL)')
})
afterAll(async () => {
  await pool?.end()
  await server?.stop()
})

const count = async (key: string) =>
  (await pool.query('SELECT 1 FROM orders WHERE key = $1', [key])).rows.length

const once = (scope: string, options: Partial<IdempotencyOptions> = {}) =>
  createIdempotency({ store: postgresStore(pool), scope, resumable: true, wait: 2_000, ...options })
const post = (key: string) =>
  new Request('http://shop.example/orders', { method: 'POST', headers: { 'idempotency-key': key } })

function charging(scope: string) {
  const client = createClient({
    http: { baseUrl: 'http://localhost:1/' },
    store: postgresStore(pool),
    scope,
    profile: ietf,
  })
  onTestFinished(() => client.close())
  const charge = client.operation({
    name: 'charge',
    id: (order: string) => order,
    request: order => ({ method: 'post', url: 'charges', json: { order } }),
    persist: 'request',
  })
  return { client, charge }
}

const CUTS = ['answered', 'before', 'at work', undefined] as const

/** A proxy to the server on which connections end at their COMMIT, in each way in turn. */
async function startCuts(): Promise<CuttingProxy & { readonly url: string }> {
  let commits = 0
  const proxy = await startCuttingProxy(server.port, sent =>
    /\bcommit\b/i.test(sent) ? CUTS[(commits += 1) % CUTS.length] : undefined,
  )
  onTestFinished(proxy.close)
  return { ...proxy, url: server.url.replace(`:${server.port}`, `:${proxy.port}`) }
}

/** A commit whose connection ended at work may still be under way when its client has been told. */
async function allTransactionsEnd(): Promise<void> {
  const isOpen = "backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
  await expect
    .poll(async () => (await pool.query(`SELECT query FROM pg_stat_activity WHERE ${isOpen}`)).rows, {
      timeout: 30_000,
    })
    .toEqual([])
}

const leastOf = (cuts: Readonly<Record<Cut, number>>) => Math.min(...Object.values(cuts))

describe.each(Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[])('in a transaction of %s', name => {
  const open = (url = server.url): Library => {
    const library = LIBRARIES[name](url)
    onTestFinished(async () => {
      await library.close()
    })
    return library
  }

  test('a key is completed with the handler’s rows, or with none of them', async () => {
    const { inTransaction } = open()
    const { handle } = once(name)
    let fails = true
    const place = (key: string) =>
      handle(post(key), (_, { completeWithin }) =>
        inTransaction(async (transaction, insert) => {
          await insert(`${name}/${key}`)
          const answer = await completeWithin(transaction, Response.json({ key }, { status: 201 }))
          if (fails) throw new Error('the disk is full')
          return answer
        }),
      )
    expect((await place('k1')).status).toBe(500)
    expect(await count(`${name}/k1`)).toBe(0)
    fails = false
    expect((await place('k1')).status).toBe(201)
    const again = await place('k1')
    expect([again.status, again.headers.get('idempotent-replayed'), await again.json()]).toEqual([
      201,
      'true',
      { key: 'k1' },
    ])
    expect(await count(`${name}/k1`)).toBe(1)
  })

  test('a key is completed where the store tells other processes of its writes', async () => {
    const { inTransaction } = open()
    const listen = async () => {
      const listener = new Client({ connectionString: server.url })
      await listener.connect()
      return listener
    }
    const store = postgresStore(pool, { listen })
    onTestFinished(() => store.close?.())
    const { handle } = once(name, { store })
    const answer = await handle(post('k2'), (_, { completeWithin }) =>
      inTransaction(async (transaction, insert) => {
        await insert(`${name}/k2`)
        return completeWithin(transaction, new Response(null, { status: 201 }))
      }),
    )
    expect(answer.status).toBe(201)
    expect(await count(`${name}/k2`)).toBe(1)
  })

  test('a completion that was refused keeps the transaction from its commit, whoever catches it', async () => {
    const { inTransaction } = open()
    const { handle } = once(name, { onError: () => {} })
    const answer = await handle(post('k3'), (_, { completeWithin }) =>
      inTransaction(async (transaction, insert) => {
        await insert(`${name}/k3`)
        await completeWithin(transaction, new Response(null, { status: 201 }))
        await completeWithin(transaction, new Response(null, { status: 201 })).catch(() => {})
        return new Response(null, { status: 201 })
      }),
    )
    expect(answer.status).toBe(500)
    expect(await count(`${name}/k3`)).toBe(0)
  })

  test('12 keys whose commits are cut, before, at work and after: one row each, and its answer', async () => {
    const { url, cuts } = await startCuts()
    const { inTransaction } = open(url)
    const { handle } = once(`${name} cut`, { onError: () => {} })
    const place = (key: string) =>
      handle(post(key), (_, { completeWithin }) =>
        inTransaction(async (transaction, insert) => {
          await insert(key)
          return completeWithin(transaction, Response.json({ key }, { status: 201 }))
        }),
      )
    /** Whoever is not told of a success asks again, with the same key. */
    async function answerOf(key: string): Promise<unknown> {
      for (let tries = 0; tries < 20; tries += 1) {
        const answer = await place(key)
        if (answer.status === 201) return answer.json()
      }
      throw new Error(`${key} was not answered.`)
    }
    const keys = Array.from({ length: 12 }, (_, at) => `${name}/cut${at}`)
    expect(await Promise.all(keys.map(answerOf))).toEqual(keys.map(key => ({ key })))
    expect(await Promise.all(keys.map(count))).toEqual(keys.map(() => 1))
    expect(leastOf(cuts)).toBeGreaterThan(0)
  })

  test('an operation is enqueued with rows, or not at all', async () => {
    const { inTransaction } = open()
    const { client, charge } = charging(name)
    const place = (order: string, fails: boolean) =>
      inTransaction(async (transaction, insert) => {
        await insert(order)
        await enqueue(transaction, charge, order)
        if (fails) throw new Error('the stock is gone')
      })
    await expect(place(`${name}/o1`, true)).rejects.toThrow('the stock is gone')
    expect(await client.pending()).toEqual([])
    await place(`${name}/o1`, false)
    await place(`${name}/o1`, false)
    expect((await client.pending()).map(({ id, attempts }) => [id, attempts])).toEqual([[`${name}/o1`, 0]])
  })

  test('12 orders whose commits are cut: each is there with its call, or neither is', async () => {
    const { url, cuts } = await startCuts()
    const { inTransaction } = open(url)
    const { client, charge } = charging(`${name} cut`)
    const orders = Array.from({ length: 12 }, (_, at) => `${name}/order${at}`)
    const told = await Promise.all(
      orders.map(order =>
        inTransaction(async (transaction, insert) => {
          await insert(order)
          await enqueue(transaction, charge, order)
        }).then(
          () => 'committed',
          () => 'not told',
        ),
      ),
    )
    await allTransactionsEnd()
    const pending = new Set((await client.pending()).map(({ id }) => id))
    const rows = await Promise.all(orders.map(count))
    expect(rows).toEqual(orders.map(order => (pending.has(order) ? 1 : 0)))
    expect(told.map((each, at) => each === 'committed' && rows[at] === 0)).not.toContain(true)
    // Some of which nobody was told are there, and some are not.
    expect(told.filter((each, at) => each === 'not told' && rows[at] === 1).length).toBeGreaterThan(0)
    expect(rows.filter(row => row === 0).length).toBeGreaterThan(0)
    expect(leastOf(cuts)).toBeGreaterThan(0)
  })
})

describe('Prisma', () => {
  const openPrisma = (): PrismaClient => {
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
    onTestFinished(() => prisma.$disconnect())
    return prisma
  }

  test('a transaction that is open for longer than its timeout commits nothing, and the next request runs', async () => {
    const prisma = openPrisma()
    const errors: unknown[] = []
    const { handle } = once('prisma slow', { onError: error => errors.push(error) })
    const place = (timeout: number) =>
      handle(post('k1'), (_, { completeWithin }) =>
        prisma.$transaction(
          async tx => {
            await tx.order.create({ data: { key: 'prisma/slow' } })
            const answer = await completeWithin(ofPrisma(tx), new Response(null, { status: 201 }))
            if (timeout < 1_000) await new Promise(resolve => setTimeout(resolve, timeout * 4))
            return answer
          },
          { timeout },
        ),
      )
    expect((await place(50)).status).toBe(500)
    expect(errors).toMatchObject([{ code: 'P2028' }])
    expect(await count('prisma/slow')).toBe(0)
    expect((await place(5_000)).status).toBe(201)
    expect(await count('prisma/slow')).toBe(1)
  })

  test('a serialization failure of these statements is P2010, with 40001 inside, and the repeat commits', async () => {
    const prisma = openPrisma()
    const { id } = await prisma.order.create({ data: { key: 'prisma/of-another' } })
    const ofItsOwn = prisma.$transaction(
      async tx => {
        await tx.order.findFirst()
        await pool.query('UPDATE orders SET key = key WHERE id = $1', [id])
        await tx.order.update({ where: { id }, data: { key: 'prisma/changed' } })
      },
      { isolationLevel: 'Serializable' },
    )
    await expect(ofItsOwn).rejects.toMatchObject({ code: 'P2034' })
    const codes: unknown[] = []
    const { handle } = once('repeated')
    const answer = await handle(post('k1'), (_, { key, completeWithin }) => {
      const place = () =>
        prisma.$transaction(
          async tx => {
            await tx.order.create({ data: { key: 'prisma/repeated' } })
            // Writes the key's row, as the renewal of the lease does.
            if (codes.length === 0)
              await pool.query("UPDATE stillonce_records SET value = value WHERE id LIKE '%repeated%'")
            return completeWithin(ofPrisma(tx), Response.json({ key }, { status: 201 }))
          },
          { isolationLevel: 'Serializable' },
        )
      return place().catch(error => {
        codes.push(error.code, error.meta.driverAdapterError.cause.originalCode)
        return place()
      })
    })
    expect(codes).toEqual(['P2010', '40001'])
    expect([answer.status, await answer.json()]).toEqual([201, { key: 'k1' }])
    expect(await count('prisma/repeated')).toBe(1)
  })
})
