import type { PGlite } from '@electric-sql/pglite'
import express from 'express'
import Fastify from 'fastify'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import type { DatabaseTransaction } from '../../src/public/store.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent } from '../../src/server/adapters/node.ts'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { openPGlite } from '../stores/pglite.ts'

/* The handler's own rows and the key's answer in one transaction, through the frameworks that people have. */

let database: PGlite

beforeAll(async () => {
  database = await openPGlite()
  await database.exec('CREATE TABLE orders (id int)')
})
afterAll(() => database?.close())
beforeEach(() => database.exec('DELETE FROM orders; DELETE FROM stillonce_records'))

const orders = async () => (await database.query('SELECT id FROM orders')).rows
const keys = () => createIdempotency({ store: postgresStore(database), scope: 'shop', resumable: true })

type Complete = (transaction: DatabaseTransaction, answer: Response) => Promise<Response>

/** What a handler does: an order and the answer of its key; `fails` within the transaction, or once it has committed. */
function placing(fails: 'not' | 'within' | 'after'): (completeWithin: Complete) => Promise<Response> {
  let calls = 0
  return async completeWithin => {
    calls += 1
    const answer = await database.transaction(async transaction => {
      await transaction.query('INSERT INTO orders VALUES ($1)', [calls])
      const completed = await completeWithin(transaction, Response.json({ order: calls }, { status: 201 }))
      if (fails === 'within' && calls === 1) throw new Error('the stock is gone')
      return completed
    })
    if (fails === 'after' && calls === 1) throw new Error('the process is ill')
    return answer
  }
}

const port = (server: Server) => (server.address() as AddressInfo).port

async function express5(fails: Parameters<typeof placing>[0]): Promise<string> {
  const place = placing(fails)
  const app = express()
  app.post(
    '/orders',
    express.json(),
    idempotent(keys(), async (_, response: express.Response, next) => {
      const answer = await place(next.completeWithin)
      response.status(answer.status).json(await answer.json())
    }),
  )
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${port(server)}/orders`
}

async function fastify5(fails: Parameters<typeof placing>[0]): Promise<string> {
  const place = placing(fails)
  const app = Fastify()
  app.post(
    '/orders',
    idempotentInFastify(keys(), (_request, _reply, { completeWithin }) => place(completeWithin)),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return `http://127.0.0.1:${port(app.server)}/orders`
}

async function post(url: string) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' }
  const response = await fetch(url, { method: 'POST', body: '{"item":"tea"}', headers })
  const body = await response.text()
  return [
    response.status,
    response.ok ? (JSON.parse(body) as unknown) : 'failed',
    response.headers.get('idempotent-replayed'),
  ]
}

describe.each([
  ['Express', express5],
  ['Fastify', fastify5],
] as const)('completeWithin in %s', (_, shop) => {
  test('the order and the answer of its key are there together, and the answer is given again', async () => {
    const url = await shop('not')
    expect(await post(url)).toEqual([201, { order: 1 }, null])
    expect(await post(url)).toEqual([201, { order: 1 }, 'true'])
    expect(await orders()).toEqual([{ id: 1 }])
  })

  test('a transaction that is rolled back leaves neither, and the key may be tried again', async () => {
    const url = await shop('within')
    expect(await post(url)).toEqual([500, 'failed', null])
    expect(await orders()).toEqual([])
    expect(await post(url)).toEqual([201, { order: 2 }, null])
    expect(await orders()).toEqual([{ id: 2 }])
  })

  test('what a handler throws once its transaction has committed takes nothing back', async () => {
    const url = await shop('after')
    expect(await post(url)).toEqual([201, { order: 1 }, null])
    expect(await post(url)).toEqual([201, { order: 1 }, 'true'])
    expect(await orders()).toEqual([{ id: 1 }])
  })
})
