import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { createClient, ietf } from 'stillonce'
import { enqueue, postgresStore, type DatabaseTransaction } from 'stillonce/postgres'
import { createIdempotency } from 'stillonce/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ofDrizzle } from './recipes/of-drizzle.ts'
import { ofKysely } from './recipes/of-kysely.ts'

/* docs/transactions.md: what commits with a user's own rows, in a transaction of the library that the user has. */

let database: PGlite

beforeAll(async () => {
  database = await PGlite.create()
  await postgresStore(database).migrate()
  await database.exec('CREATE TABLE orders (id text)')
}, 60_000)
afterAll(() => database?.close())

type Work = (
  transaction: DatabaseTransaction,
  insert: (id: string) => PromiseLike<unknown>,
) => Promise<Response>

const LIBRARIES: Readonly<Record<string, (work: Work) => Promise<Response>>> = {
  drizzle: work =>
    drizzle(database).transaction(tx =>
      work(ofDrizzle(tx), id => tx.execute(sql`INSERT INTO orders VALUES (${id})`)),
    ),
  kysely: work =>
    new Kysely<{ orders: { id: string } }>({ dialect: new PGliteDialect({ pglite: database }) })
      .transaction()
      .execute(trx => work(ofKysely(trx), id => trx.insertInto('orders').values({ id }).execute())),
}

const count = async (id: string) =>
  (await database.query('SELECT 1 FROM orders WHERE id = $1', [id])).rows.length

describe.each(Object.keys(LIBRARIES))('in a transaction of %s', name => {
  const inTransaction = (work: Work) => LIBRARIES[name]!(work)
  const client = () =>
    createClient({
      http: { baseUrl: 'http://localhost:1/' },
      store: postgresStore(database),
      scope: name,
      profile: ietf,
    })
  const once = () => createIdempotency({ store: postgresStore(database), scope: name, resumable: true })
  const post = (key: string) =>
    new Request('http://shop.example/orders', { method: 'POST', headers: { 'idempotency-key': key } })

  test('a key is completed with the handler’s rows, or with none of them', async () => {
    const { handle } = once()
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

  test('an operation is enqueued with rows, or not at all', async () => {
    const calls = client()
    const charge = calls.operation({
      name: 'charge',
      id: (order: string) => order,
      request: order => ({ method: 'post', url: 'charges', json: { order } }),
      persist: 'request',
    })
    const place = (order: string, fails: boolean) =>
      inTransaction(async (transaction, insert) => {
        await insert(order)
        await enqueue(transaction, charge, order)
        if (fails) throw new Error('the stock is gone')
        return new Response()
      })
    await expect(place(`${name}/o1`, true)).rejects.toThrow()
    expect(await calls.pending()).toEqual([])
    await place(`${name}/o1`, false)
    await place(`${name}/o1`, false)
    expect((await calls.pending()).map(({ id, attempts }) => [id, attempts])).toEqual([[`${name}/o1`, 0]])
    await calls.close()
  })
})

test.each(['of-drizzle', 'of-kysely'])('docs/transactions.md shows recipes/%s.ts as it is', recipe => {
  const page = readFileSync(new URL('../../docs/transactions.md', import.meta.url), 'utf8')
  expect(page).toContain(readFileSync(new URL(`recipes/${recipe}.ts`, import.meta.url), 'utf8'))
})
