import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { memoryStore } from '../../src/entries/index.ts'
import { probe } from '../../src/probe/command.ts'
import type { RecordStore } from '../../src/public/store.ts'
import type { ProxyFault } from '../../src/testing/fault-proxy.ts'
import { faultProxy } from '../../src/testing/fault-proxy.ts'
import type { ForeignName } from './servers.ts'
import { FOREIGN_SERVERS } from './servers.ts'

type Cart = { readonly id: string; readonly item: string }

/** A shop behind somebody's middleware, behind a network that breaks. */
async function openShop(name: ForeignName) {
  const { open, profile } = FOREIGN_SERVERS[name]
  const orders: string[] = []
  let begun = 0
  let arrived = 0
  let letGo = () => {}
  const again = new Promise<void>(resolve => {
    letGo = resolve
  })
  const listener = await open(async ({ item }) => {
    begun += 1
    if (item === 'refused') return { status: 402, body: { code: 'no_money' } }
    if (item === 'slow' && begun === 1) await again
    orders.push(item)
    if (item === 'throws') throw new Error('after the effect')
    return { status: item === 'fails' ? 500 : 201, body: { order: orders.length } }
  })
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const proxy = await faultProxy({
    to: url,
    fault: () => {
      arrived += 1
      if (arrived > 1) letGo()
      return undefined
    },
  })
  onTestFinished(async () => {
    letGo()
    await proxy.close()
    server.closeAllConnections()
    server.close()
  })
  const startClient = (store: RecordStore = memoryStore()) =>
    createClient({
      transport: fetchTransport({ baseUrl: `${proxy.url}/` }),
      store,
      scope: 'anna',
      profile,
      timeout: 500,
      deadline: 8_000,
      retry: { attempts: 6, backoff: { base: 1, cap: 2 } },
      poll: { interval: { min: 5, max: 20 }, deadline: 400 },
    }).operation({
      name: 'place',
      id: (cart: Cart) => cart.id,
      request: ({ item }: Cart) => ({ method: 'post', url: 'orders', json: { item } }),
    })
  return { orders, proxy, url, startClient, letGo }
}

type Expected = {
  readonly keys: 'honoured' | 'ignored'
  readonly lostAnswers: 'executed' | 'unknown'
  readonly lostRefusal: 'not-executed' | 'unknown'
  /** Effects where the answer is lost of a handler that threw, or gave a 500, after its effect. */
  readonly threw: 1 | 2
  readonly failed: 1 | 2
}

const EXPECTED: Readonly<Record<ForeignName, Expected>> = {
  'express-idempotency': {
    keys: 'honoured',
    lostAnswers: 'executed',
    lostRefusal: 'unknown',
    threw: 1,
    failed: 2,
  },
  'node-idempotency, Express': {
    keys: 'honoured',
    lostAnswers: 'executed',
    lostRefusal: 'not-executed',
    threw: 1,
    failed: 1,
  },
  'node-idempotency, Fastify': {
    keys: 'honoured',
    lostAnswers: 'executed',
    lostRefusal: 'not-executed',
    threw: 1,
    failed: 1,
  },
  Powertools: { keys: 'honoured', lostAnswers: 'executed', lostRefusal: 'unknown', threw: 2, failed: 1 },
  'idempotency-backend': {
    keys: 'ignored',
    lostAnswers: 'unknown',
    lostRefusal: 'unknown',
    threw: 1,
    failed: 1,
  },
}

describe.each(Object.entries(EXPECTED) as [ForeignName, Expected][])('a shop with %s', (name, expected) => {
  test('is known by the probe', async () => {
    const { url } = await openShop(name)
    const { text } = await probe({ url: `${url}/orders`, body: '{"item":"tea"}' }, fetch, () =>
      crypto.randomUUID(),
    )
    expect(text).toContain(`The same key twice           ${expected.keys}: `)
  })

  test.each<[string, readonly ProxyFault[]]>([
    ['two lost answers', ['reset-answer', 'lose-answer']],
    ['a cut answer', ['cut-answer']],
    ['a gateway that gave up', [{ status: 502, performed: true }]],
    ['all of it, and lost requests', ['lose-answer', 'reset-request', 'cut-answer', { status: 503 }]],
  ])('and %s performs one order, and the client says what it knows', async (_, faults) => {
    const { orders, proxy, startClient } = await openShop(name)
    proxy.next(...faults)
    const end = await startClient().start({ id: 'cart-1', item: 'tea' }).settled
    expect(orders).toEqual(['tea'])
    // A cut 201 is a success all the same, though without its result where nothing is sent again.
    const cut = faults[0] === 'cut-answer' && expected.keys === 'ignored'
    const outcome = cut ? 'executed' : expected.lostAnswers
    const data = expected.keys === 'honoured' ? { order: 1 } : undefined
    expect({ data: undefined, ...end }).toMatchObject({ outcome, data })
  })

  test('performs one order for a double click and for two tabs', async () => {
    const { orders, startClient } = await openShop(name)
    const store = memoryStore()
    const [tab, other] = [startClient(store), startClient(store)]
    const cart = { id: 'cart-1', item: 'tea' }
    expect(await Promise.all([tab.run(cart), tab.run(cart), other.run(cart)])).toEqual([
      { order: 1 },
      { order: 1 },
      { order: 1 },
    ])
    expect(orders).toEqual(['tea'])
  })

  test('performs one order although it is asked again while it is at work', async () => {
    const { orders, startClient, letGo } = await openShop(name)
    const run = startClient().start({ id: 'cart-1', item: 'slow' })
    const end = await run.settled
    expect(end.outcome).toBe(expected.lostAnswers)
    letGo()
    await expect.poll(() => orders).toEqual(['slow'])
  })

  test('refuses, and the answer is lost: nothing is called executed', async () => {
    const { orders, proxy, startClient } = await openShop(name)
    proxy.next('reset-answer')
    const end = await startClient().start({ id: 'cart-1', item: 'refused' }).settled
    expect(end.outcome).toBe(expected.lostRefusal)
    expect(orders).toEqual([])
  })

  test.each<['throws' | 'fails', 'threw' | 'failed']>([
    ['throws', 'threw'],
    ['fails', 'failed'],
  ])('that %s after the effect: nothing is called not executed, nor sent again', async (item, lost) => {
    const { orders, proxy, startClient } = await openShop(name)
    expect(await startClient().start({ id: 'cart-1', item }).settled).toMatchObject({ outcome: 'unknown' })
    expect(orders).toEqual([item])

    // Where the answer is lost, too, it is the server's to know.
    proxy.next('reset-answer')
    expect(await startClient().start({ id: 'cart-2', item }).settled).toMatchObject({ outcome: 'unknown' })
    expect(orders.length - 1).toBe(expected[lost])
  })
})

test('the documentation names each, with the version that is tested', () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const page = read('docs/profiles.md')
  const { devDependencies }: { readonly devDependencies: Readonly<Record<string, string>> } = JSON.parse(
    read('package.json'),
  )
  for (const name of [
    'express-idempotency',
    '@node-idempotency/core',
    '@aws-lambda-powertools/idempotency',
    'idempotency-backend',
  ])
    expect(page).toContain(`\`${name}\` ${devDependencies[name]}`)
})
