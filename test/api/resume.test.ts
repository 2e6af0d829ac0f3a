import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import { azure } from '../../src/profiles/azure.ts'
import type { RequestSpec } from '../../src/engine/request/request-spec.ts'
import type { Cart, OrderData, Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, held, reset, silence } from './bench/scripted-server.ts'

type Changes = Partial<OperationDefinition<Cart, OrderData>>

const status: Changes['status'] & object = { request: ({ key }) => ({ url: `orders/by-key/${key}` }) }

/** A process made one attempt and is gone; another one has been started. */
async function restarted(changes: Changes = {}, setup: Setup = {}, reply: Reply = reset) {
  const world = bench({ retry: { attempts: 1 }, poll: { deadline: 1 }, ...setup })
  world.server.script(reply)
  const first = world.placeOrder({ ...changes, deadline: 100 })
  await world.clock.until(ending(first.run(cart)))
  const later = world.another(setup)
  const order = later.placeOrder(changes)
  return { ...world, ...later, order }
}

describe('resume asks for all that is open, and sends nothing', () => {
  test('what became of each is told', async () => {
    const { client, server, clock } = await restarted({ status })
    server.script(answer(200, { order: 9 }))

    expect(await clock.until(client.resume())).toMatchObject([
      { id: 'cart-42', name: 'place-order', outcome: 'executed', reason: 'executed' },
    ])
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test('all of them, not only the first', async () => {
    const { client, order, server, clock } = await restarted({ status })
    server.always(({ method }) => (method === 'POST' ? reset : answer(200, { order: 9 }))({} as never))
    for (let index = 0; index < 20; index++) {
      const leaving = new AbortController()
      const call = ending(order.run({ id: `cart-${index}` }, { signal: leaving.signal }))
      await clock.settle()
      leaving.abort()
      await clock.until(call)
    }

    const resumed = await clock.until(client.resume())

    expect(resumed).toHaveLength(21)
    expect(new Set(resumed.map(({ outcome }) => outcome))).toEqual(new Set(['executed']))
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(21)
    expect(await clock.until(client.resume())).toEqual([])
  })

  test('without a way to ask it stays unknown, with the reason', async () => {
    const { client, server, clock } = await restarted()

    expect(await clock.until(client.resume())).toMatchObject([
      {
        id: 'cart-42',
        name: 'place-order',
        outcome: 'unknown',
        reason: expect.stringContaining('Whether the operation was executed is not known.'),
      },
    ])
    expect(server.requests).toHaveLength(1)
  })

  test('nothing open is an empty list', async () => {
    const { client, clock } = bench()

    expect(await clock.until(client.resume({ send: true }))).toEqual([])
  })

  test('what is begun anew while another is waited for is no "not executed" in the list', async () => {
    const { client, order, server, clock } = await restarted({ status }, {}, answer(401))
    server.script(reset)
    await clock.until(ending(order.run({ id: 'cart-b' })))
    const slow = held()
    server.script(slow.reply, answer(201, { order: 9 }))
    const resuming = client.resume()
    await clock.settle()
    // The first one was not executed, and its key is free; now it is.
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    slow.release(answer(200, { order: 8 }))

    expect(await clock.until(resuming)).toContainEqual(
      expect.objectContaining({ id: 'cart-42', outcome: 'executed', reason: 'executed' }),
    )
  })

  test('a run that is live here is joined', async () => {
    const { client, placeOrder, server, clock } = bench()
    const first = held()
    server.script(first.reply)
    const running = placeOrder({ persist: 'request' }).run(cart)
    await clock.settle()
    const resuming = client.resume({ send: true })
    await clock.settle()
    first.release(answer(201, { order: 9 }))

    expect(await clock.until(resuming)).toMatchObject([{ outcome: 'executed' }])
    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })
})

describe('what is skipped says why', () => {
  test('no operation of this name is defined', async () => {
    const { another, server, clock } = await restarted({ persist: 'request' })

    expect(await clock.until(another().client.resume({ send: true }))).toEqual([
      {
        id: 'cart-42',
        name: 'place-order',
        scope: 'user-7',
        outcome: 'skipped',
        reason: 'no operation of this name is defined',
      },
    ])
    expect(server.requests).toHaveLength(1)
  })

  test('the record cannot be understood', async () => {
    const { client, overwrite, server, clock, record } = await restarted({ persist: 'request' })
    await overwrite('{"v":1}')

    expect(await clock.until(client.resume({ send: true }))).toEqual([
      {
        id: 'so1/user-7/place-order/%5C%22cart-42%5C%22',
        name: '',
        scope: 'user-7',
        outcome: 'skipped',
        reason: 'the record cannot be understood',
      },
    ])
    expect(server.requests).toHaveLength(1)
    expect(await record()).toEqual({ v: 1 })
  })

  test('another tab or process is working on the operation', async () => {
    const { placeOrder, server, clock, another } = bench()
    const first = held()
    server.script(first.reply)
    const running = placeOrder().run(cart)
    await clock.settle()
    const later = another()
    later.placeOrder()

    expect(await clock.until(later.client.resume({ send: true }))).toEqual([
      {
        id: 'cart-42',
        name: 'place-order',
        scope: 'user-7',
        outcome: 'skipped',
        reason: 'another tab or process is working on the operation',
      },
    ])
    first.release(answer(201, { order: 9 }))
    await clock.until(running)
  })

  test('it was aborted', async () => {
    const { client, server, clock } = await restarted({ persist: 'request' })

    expect(await clock.until(client.resume({ send: true, signal: AbortSignal.abort() }))).toEqual([
      { id: 'cart-42', name: 'place-order', scope: 'user-7', outcome: 'skipped', reason: 'aborted' },
    ])
    expect(server.requests).toHaveLength(1)
  })

  test('an abort on the way ends it at once', async () => {
    const { client, server, clock } = await restarted({ status })
    server.always(silence)
    const leaving = new AbortController()
    const began = clock.elapsed()
    const resuming = client.resume({ signal: leaving.signal })
    await clock.advance(700)
    leaving.abort()

    expect(await clock.until(resuming)).toMatchObject([{ outcome: 'unknown' }])
    expect(clock.elapsed() - began).toBe(700)
  })
})

describe('resume with send: true', () => {
  const kept: Changes = { persist: 'request' }

  test('sends what is stored, under the same key, byte for byte', async () => {
    const { client, server, clock, record } = await restarted(kept)
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([
      { id: 'cart-42', name: 'place-order', outcome: 'executed', reason: 'executed' },
    ])
    const [first, second] = server.requests
    expect(second).toMatchObject({
      method: 'POST',
      url: 'https://shop.test/api/orders',
      key: 'key-1',
      body: first!.body,
      headers: { 'content-type': 'application/json' },
    })
    expect(await record()).toMatchObject({ state: 'succeeded' })
    expect(await record()).not.toHaveProperty('request')
  })

  test('the credentials are those of the http layer now', async () => {
    const setup = { headers: { authorization: 'Bearer new' } }
    const { client, server, clock } = await restarted(kept, setup)
    server.script(answer(201, { order: 9 }))
    await clock.until(client.resume({ send: true }))

    expect(server.requests[1]!.headers['authorization']).toBe('Bearer new')
  })

  test('the result is there for the next run', async () => {
    const { client, order, server, clock } = await restarted(kept)
    server.script(answer(201, { order: 9 }))
    await clock.until(client.resume({ send: true }))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(2)
  })

  test("nothing is sent that is not stored: persist 'key'", async () => {
    const { client, server, clock } = await restarted()

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([
      { outcome: 'unknown', reason: expect.stringContaining('(not sent: the request is not stored)') },
    ])
    expect(server.requests).toHaveLength(1)
  })

  test('nothing is sent that is older than validFor', async () => {
    const { client, server, clock } = await restarted(kept)
    await clock.advance(15 * 60_000)
    await clock.advance(1)

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([
      {
        outcome: 'unknown',
        reason: expect.stringContaining('(not sent: the request is older than `validFor`)'),
      },
    ])
    expect(server.requests).toHaveLength(1)
  })

  test('a settle that is asking makes way for it, and its callers get the result', async () => {
    const { client, order, server, clock } = await restarted({ ...kept, status })
    server.script(answer(404), answer(201, { order: 9 }))
    const settling = order.settle(cart)
    await clock.settle()
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
    expect(await clock.until(settling)).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests.map(({ method, key }) => [method, key])).toEqual([
      ['POST', 'key-1'],
      ['GET', undefined],
      ['POST', 'key-1'],
    ])
  })

  test('a run that is live is joined, not taken over', async () => {
    const { client, order, server, clock } = await restarted(kept)
    const reply = held()
    server.script(reply.reply)
    const running = order.run(cart)
    await clock.settle()
    const resuming = client.resume({ send: true })
    await clock.settle()
    reply.release(answer(201, { order: 9 }))

    expect(await clock.until(resuming)).toMatchObject([{ outcome: 'executed' }])
    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(2)
  })

  test('it makes way for a call that comes while it reads the record, and gives the end of that', async () => {
    const { client, order, server, store, clock } = await restarted(kept)
    server.script(answer(201, { order: 9 }))
    const get = store.get.bind(store)
    store.get = async place => {
      await new Promise<void>(resolve => clock.after(50, resolve))
      return get(place)
    }
    const resuming = client.resume({ send: true })
    await clock.advance(20)
    const running = order.run(cart)

    expect(await clock.until(resuming)).toMatchObject([{ outcome: 'executed', reason: 'executed' }])
    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(2)
  })

  test('validFor is an option of the client', async () => {
    const { client, server, clock } = await restarted(kept, { validFor: 3_600_000 })
    await clock.advance(3_000_000)
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
  })

  test('a clock that was set back makes nothing younger', async () => {
    const { client, runner, server, clock } = await restarted(kept)
    await clock.advance(3_600_000)
    await clock.until(client.resume())
    runner.jump(-3_600_000)

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([{ outcome: 'unknown' }])
    expect(server.requests).toHaveLength(1)
  })

  test('without send: true nothing is sent, whatever is stored', async () => {
    const { client, server, clock } = await restarted(kept)

    expect(await clock.until(client.resume())).toMatchObject([{ outcome: 'unknown' }])
    expect(server.requests).toHaveLength(1)
  })

  test('bytes of every kind come back as they were', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const changes: Changes = {
      ...kept,
      request: () => ({
        method: 'put',
        url: 'orders?shop=1',
        body: bytes,
        headers: { 'content-type': 'image/own' },
      }),
    }
    const { client, server, clock } = await restarted(changes)
    server.script(answer(201, { order: 9 }))
    await clock.until(client.resume({ send: true }))

    expect([...server.requests[1]!.bytes]).toEqual([...bytes])
    expect(server.requests[1]).toMatchObject({
      method: 'PUT',
      url: 'https://shop.test/api/orders?shop=1',
      headers: { 'content-type': 'image/own' },
    })
  })

  test.each<[string, RequestSpec['body'], 'text' | 'body']>([
    ['a text', 'Größe "L", 三 🎲 \n\t', 'text'],
    ['a text with a byte order mark', '\ufeff{"a":1}', 'text'],
    ['a text with half a surrogate pair, which is sent as U+FFFD', 'a\ud83d', 'text'],
    ['a form', new URLSearchParams({ größe: 'L & M' }), 'text'],
    ['a text with a NUL', 'a\0b', 'text'],
    ['a text that would be too long for a record as JSON', '\0'.repeat(6_000_000), 'body'],
    ['bytes', new Uint8Array(10_000).map((_, index) => index * 7), 'body'],
    ['no byte at all', new Uint8Array(0), 'body'],
    ['an empty text', '', 'text'],
  ])('%s comes back as it was', async (_, body, field) => {
    const { client, server, clock, record } = await restarted({
      ...kept,
      request: () => ({ method: 'put', url: 'orders', body }),
    })
    expect(await record()).toHaveProperty(['request', field])
    server.script(answer(201, { order: 9 }))
    await clock.until(client.resume({ send: true }))

    const [first, again] = server.requests
    expect(Buffer.compare(again!.bytes, first!.bytes)).toBe(0)
    expect(again!.headers['content-type']).toBe(first!.headers['content-type'])
  })

  test('a request without a body comes back without one', async () => {
    const { client, server, clock } = await restarted({
      ...kept,
      request: () => ({ method: 'delete', url: 'orders/1' }),
    })
    server.script(answer(200, { order: 9 }))
    await clock.until(client.resume({ send: true }))

    expect(server.requests[1]).toMatchObject({ method: 'DELETE', body: '' })
    expect(server.requests[1]!.headers).not.toHaveProperty('content-type')
  })

  test('a key whose time is over is not sent with (P4)', async () => {
    const { client, server, clock } = await restarted(kept, { validFor: 2_000_000_000, profile: azure })
    await clock.advance(86_400_000)

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([{ outcome: 'unknown' }])
    expect(server.requests).toHaveLength(1)
  })
})

describe('a stored request that was tampered with is not sent', () => {
  type Stored = {
    target: Record<string, string>
    request: { url: string; headers: Record<string, string>; text?: string; body?: string }
  }

  test.each<[string, (record: Stored) => void]>([
    ['the URL leads to another origin', record => void (record.request.url = 'https://evil.test/api/orders')],
    [
      'the URL and the target lead to another origin',
      record => {
        record.request.url = 'https://evil.test/api/orders'
        record.target['origin'] = 'https://evil.test'
      },
    ],
    ['the URL leads to another path', record => void (record.request.url = 'https://shop.test/api/refunds')],
    ['the URL has another query', record => void (record.request.url = 'https://shop.test/api/orders?all=1')],
    [
      'the URL carries credentials',
      record => void (record.request.url = 'https://me:pw@shop.test/api/orders'),
    ],
    ['the URL is none', record => void (record.request.url = '//shop.test')],
    ['the URL has another scheme', record => void (record.request.url = 'http://shop.test/api/orders')],
    ['the body is another', record => void (record.request.text = '{"id":"cart-42","total":1}')],
    ['the body is gone', record => void delete record.request.text],
    [
      'the body is another, as base64',
      ({ request }) => {
        delete request.text
        request.body = btoa('{"id":"cart-42","total":1}')
      },
    ],
    [
      'the body is no base64',
      ({ request }) => {
        delete request.text
        request.body = 'not base64!'
      },
    ],
  ])('%s', async (_, tamper) => {
    const { client, server, clock, record, overwrite } = await restarted({ persist: 'request' })
    const stored = structuredClone(await record()) as unknown as Stored
    tamper(stored)
    await overwrite(JSON.stringify(stored))

    const [resumed] = await clock.until(client.resume({ send: true }))

    expect(resumed).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('(not sent: the stored '),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('headers that the definition does not keep are left out, credentials above all', async () => {
    const setup = { headers: { authorization: 'Bearer mine' } }
    const { client, server, clock, record, overwrite } = await restarted(
      { persist: 'request', keepHeaders: ['x-kept'] },
      setup,
    )
    const stored = structuredClone(await record()) as unknown as Stored
    Object.assign(stored.request.headers, {
      authorization: 'Bearer evil',
      cookie: 'a=b',
      'x-other': '1',
      'x-kept': '2',
      'idempotency-key': 'another',
    })
    await overwrite(JSON.stringify(stored))
    server.script(answer(201, { order: 9 }))
    await clock.until(client.resume({ send: true }))

    expect(server.requests[1]!.headers).toEqual({
      accept: 'application/json',
      authorization: 'Bearer mine',
      'content-type': 'application/json',
      'idempotency-key': 'key-1',
      'x-kept': '2',
    })
  })
})
