import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cartOperations } from '../../examples/conflicts.ts'
import { carts } from '../../examples/server/if-match.ts'
import { invoices } from '../../examples/server/natural-key.ts'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { stillonce } from '../../src/profiles/stillonce.ts'
import { nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { post, told } from './trial-server.ts'

describe('data with a key of its own', () => {
  const invoice = (number: string, amount: number) => ({ body: JSON.stringify({ number, amount }) })

  test('is there once, whatever keys its requests have', async () => {
    const db = new DatabaseSync(':memory:')
    const serve = invoices(db, memoryStore({ maxSettled: Infinity }))
    expect(await told(serve(post('k1', invoice('2026-1', 100))))).toMatchObject({ status: 201 })
    expect(await told(serve(post('k2', invoice('2026-1', 100))))).toMatchObject({
      status: 201,
      body: { number: '2026-1', amount: 100 },
    })
    expect(await told(serve(post('k3', invoice('2026-1', 200))))).toMatchObject({ status: 409 })
    expect(db.prepare('select count(*) as n from invoices').get()).toEqual({ n: 1 })
  })

  test('is not there twice where a run before died after its effect', async () => {
    const db = new DatabaseSync(':memory:')
    const store = memoryStore({ maxSettled: Infinity })
    const serve = invoices(db, store)
    db.exec("insert into invoices values ('2026-1', 100)")
    expect(await told(serve(post('k1', invoice('2026-1', 100))))).toMatchObject({ status: 201 })
    expect(db.prepare('select count(*) as n from invoices').get()).toEqual({ n: 1 })
  })
})

describe('data with a version', () => {
  /** Somebody else's change, straight at the server. */
  async function shop(losesAnswers = 0) {
    const serve = carts(memoryStore({ maxSettled: Infinity }))
    let changes = 0
    const server = createServer(nodeListener(serve)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    let toLose = losesAnswers
    const client = createClient({
      transport: fetchTransport({
        baseUrl: url,
        fetch: async (...args: Parameters<typeof fetch>) => {
          const response = await fetch(...args)
          if (toLose-- <= 0) return response
          await response.arrayBuffer()
          throw new TypeError('the answer was lost')
        },
      }),
      store: memoryStore({ maxSettled: Infinity }),
      scope: 'anna',
      profile: stillonce,
      retry: { backoff: { base: 1, cap: 2 } },
    })
    onTestFinished(async () => {
      await client.close()
      server.closeAllConnections()
      server.close()
    })
    const readCart = async () =>
      (await (await fetch(`${url}cart`)).json()) as { version: number; items: string[] }
    const somebodyElse = async (...items: readonly string[]) => {
      const { version } = await readCart()
      const headers = { 'if-match': `"${version}"`, 'idempotency-key': `other-${(changes += 1)}` }
      await fetch(`${url}cart`, { method: 'PUT', body: JSON.stringify({ items }), headers })
    }
    return { readCart, somebodyElse, ...cartOperations(client, readCart) }
  }
  const mine = { id: 'change-1', add: 'tea', version: 0, items: [] }

  test('a conflict is given back', async () => {
    const { giveBack, somebodyElse, readCart } = await shop()
    await somebodyElse('milk')
    expect(await giveBack.start(mine).settled).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'conflict', response: { status: 412, body: { version: 1, items: ['milk'] } } },
    })
    expect(await readCart()).toEqual({ version: 1, items: ['milk'] })
  })

  test('a conflict is decided again, by what is there now', async () => {
    const { decideAgain, somebodyElse } = await shop()
    await somebodyElse('milk')
    expect(await decideAgain.run(mine)).toEqual({ version: 2, items: ['milk', 'tea'] })
    await somebodyElse('milk', 'tea', 'salt')
    expect(await decideAgain.start({ ...mine, id: 'change-2' }).settled).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'conflict' },
    })
  })

  test('a conflict is merged', async () => {
    const { merge, somebodyElse } = await shop()
    await somebodyElse('milk')
    expect(await merge.run({ ...mine, items: ['bread'] })).toEqual({
      version: 2,
      items: ['milk', 'bread', 'tea'],
    })
  })

  test('a lost answer is no conflict: the retry finds its own success, and changes nothing twice', async () => {
    const { merge, readCart } = await shop(1)
    expect(await merge.run(mine)).toEqual({ version: 1, items: ['tea'] })
    expect(await readCart()).toEqual({ version: 1, items: ['tea'] })
  })
})
