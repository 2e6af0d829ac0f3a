import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { StandardSchema } from '../../src/public/standard-schema.ts'
import type { Transport } from '../../src/public/transport.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { Cart, Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, cutAnswer, held, reset } from './bench/scripted-server.ts'

const day = 86_400_000
const Total = z.object({ order: z.number(), total: z.string().transform(Number) })

describe('the schema reads the stored answer at every return', () => {
  test('what is stored is the answer as it came, unknown fields and spelling included', async () => {
    const { placeOrder, server, clock, record } = bench()
    server.script(
      () => new Response('{ "order":9, "shop": "north" }', { headers: { 'content-length': '30' } }),
    )

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })

    expect((await record())?.['result']).toEqual({
      form: 'body',
      status: 200,
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      text: '{ "order":9, "shop": "north" }',
      replayed: false,
    })
  })

  test('a transform runs on the first return and on every later one', async () => {
    const { client, server, clock } = bench()
    server.script(answer(201, { order: 9, total: '12.5' }))
    const order = client.operation({
      name: 'place-order',
      id: () => 'cart-42',
      request: () => ({ method: 'post', url: 'orders' }),
      response: Total,
    })

    expect(await clock.until(order.run(undefined))).toEqual({ order: 9, total: 12.5 })
    expect(await clock.until(order.run(undefined))).toEqual({ order: 9, total: 12.5 })
    expect(server.requests).toHaveLength(1)
  })

  test('a deployment with a stricter schema does not break an old result silently, and sends nothing', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    const newer = another().placeOrder({ response: z.object({ order: z.number(), paidAt: z.string() }) })
    const { error } = await clock.until(ending(newer.run(cart)))

    expect(error).toMatchObject({
      code: 'response-invalid',
      outcome: 'executed',
      key: 'key-1',
      message:
        'The result does not fit `response` at paidAt. The operation was executed. Do not send it again; read the result from the server.',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a newer schema may read more of an old result than the first one did', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(answer(201, { order: 9, shop: 'north' }))
    await clock.until(placeOrder().run(cart))

    const newer = another().placeOrder({ response: z.object({ order: z.number(), shop: z.string() }) })

    expect(await clock.until(newer.run(cart))).toEqual({ order: 9, shop: 'north' })
  })

  test('any Standard Schema serves, an asynchronous one too', async () => {
    const { client, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const OrderNumber: StandardSchema<unknown, number> = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: async value => ({ value: (value as { order: number }).order }),
      },
    }
    const order = client.operation({
      name: 'place-order',
      id: () => 'cart-42',
      request: () => ({ method: 'post', url: 'orders' }),
      response: OrderNumber,
    })

    expect(await clock.until(order.run(undefined))).toBe(9)
  })

  test('a schema that throws leaves an executed operation executed', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const thrown = new Error('not today')
    const Broken: StandardSchema<unknown, { order: number }> = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: () => {
          throw thrown
        },
      },
    }

    const { error } = await clock.until(ending(placeOrder({ response: Broken }).run(cart)))

    expect(error).toMatchObject({ code: 'response-invalid', outcome: 'executed', cause: thrown })
  })

  test.each([
    ['no schema, no word on its type', {}, 4, { data: undefined, error: { code: 'response-invalid' } }],
    ['any type would do', { headers: { accept: '*/*' } }, 4, { error: { code: 'response-invalid' } }],
    ['its type was asked for', { headers: { accept: 'text/plain, text/csv;q=0.5' } }, 1, { data: 'done' }],
  ])(
    'a text without a schema is no result, unless its type was asked for: %s',
    async (_, spec, sent, end) => {
      const { client, server, clock } = bench()
      server.script(...Array.from({ length: 4 }, () => answer(200, 'done')))
      const order = client.operation({
        name: 'place-order',
        id: () => 'cart-42',
        request: () => ({ method: 'post', url: 'orders', ...spec }),
      })

      expect(await clock.until(order.start(undefined).settled)).toMatchObject({ outcome: 'executed', ...end })
      expect(server.requests).toHaveLength(sent)
    },
  )

  test('a text that the server gives again, and marks as such, is its own', async () => {
    const { client, server, clock } = bench()
    server.script(answer(200, 'done'), answer(200, 'done', { 'idempotent-replayed': 'true' }))
    const order = client.operation({
      name: 'place-order',
      id: () => 'cart-42',
      request: () => ({ method: 'post', url: 'orders' }),
    })

    expect(await clock.until(order.run(undefined))).toBe('done')
    expect(server.requests).toHaveLength(2)
  })

  test('a text in the place of an answer is not taken for it: the same key brings the real one', async () => {
    const { client, server, clock } = bench()
    server.script(answer(200, 'upstream connect error or disconnect/reset'), answer(201, { order: 9 }))
    const order = client.operation({
      name: 'place-order',
      id: () => 'cart-42',
      request: () => ({ method: 'post', url: 'orders' }),
    })

    expect(await clock.until(order.run(undefined))).toEqual({ order: 9 })
  })

  test.each([
    ['an object', answer(200, { order: 9 }), { order: 9 }],
    ['a list', answer(200, [1, 2]), [1, 2]],
    ['null', answer(200, null), null],
    ['false', () => new Response('false', { headers: { 'content-length': '5' } }), false],
    ['nothing', answer(204), undefined],
  ])('without a schema the result is what the answer says: %s', async (_, reply, data) => {
    const { client, server, clock } = bench()
    server.script(reply)
    const order = client.operation({
      name: 'place-order',
      id: () => 'cart-42',
      request: () => ({ method: 'post', url: 'orders' }),
    })

    expect(await clock.until(order.start(undefined).settled)).toEqual({
      outcome: 'executed',
      data,
      replayed: false,
    })
    expect(await clock.until(order.start(undefined).settled)).toEqual({
      outcome: 'executed',
      data,
      replayed: true,
    })
  })
})

describe('an answer that does not give the result', () => {
  test('one that does not fit the schema is never sent again, by no later call either', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { id: 'nine' }))
    const order = placeOrder()

    for (let turn = 0; turn < 2; turn++) {
      const { error } = await clock.until(ending(order.run(cart)))
      expect(error).toMatchObject({ code: 'response-invalid', outcome: 'executed' })
    }

    expect(server.requests).toHaveLength(1)
  })

  test('settled tells it as executed, with the error beside it', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { id: 'nine' }))

    const settled = await clock.until(placeOrder().start(cart).settled)

    expect(settled).toMatchObject({
      outcome: 'executed',
      data: undefined,
      replayed: false,
      error: { code: 'response-invalid', response: { status: 201, body: { id: 'nine' } } },
    })
  })

  test('one that broke off is read again under the same key', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(cutAnswer(201, '{"ord'), answer(201, { order: 9 }, { 'idempotent-replayed': 'true' }))

    expect(await clock.until(placeOrder().start(cart).settled)).toEqual({
      outcome: 'executed',
      data: { order: 9 },
      replayed: true,
    })
    expect(server.requests.map(({ key, body }) => [key, body])).toEqual([
      ['key-1', '{"id":"cart-42","total":990}'],
      ['key-1', '{"id":"cart-42","total":990}'],
    ])
  })

  test('whatever comes of reading it again, it stays executed', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(cutAnswer(201, '{"ord'), answer(404), reset, answer(409))
    server.always(reset)

    const { error } = await clock.until(ending(placeOrder().run(cart)))

    expect(error).toMatchObject({
      code: expect.stringMatching(/response-invalid|already-executed/),
      outcome: 'executed',
    })
    expect(server.requests.length).toBeLessThanOrEqual(4)
  })

  test('where the server honours no keys it is not sent again', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys })
    server.script(cutAnswer(201, '{"ord'))

    const { error } = await clock.until(ending(placeOrder().run(cart)))

    expect(error).toMatchObject({
      code: 'response-invalid',
      outcome: 'executed',
      message:
        "The server's answer could not be read. The operation was executed. Do not send it again; read the result from the server.",
    })
    expect(server.requests).toHaveLength(1)
  })

  test('where the server honours no keys its result is asked for', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys })
    server.script(cutAnswer(201, '{"ord'), answer(200, { order: 9 }))
    const order = placeOrder({ status: { request: ({ id }) => ({ url: `orders/${String(id)}` }) } })

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method, url }) => [method, url])).toEqual([
      ['POST', 'https://shop.test/api/orders'],
      ['GET', 'https://shop.test/api/orders/cart-42'],
    ])
  })

  test('text where data is expected is read again, and never a failure', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 2 } })
    server.always(answer(201, 'thank you'))

    const { error } = await clock.until(ending(placeOrder().run(cart)))

    expect(error).toMatchObject({ code: 'response-invalid', outcome: 'executed' })
    expect(server.requests).toHaveLength(2)
  })

  test('a page of HTML in its place is no success: unknown', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(
      () => new Response('<!doctype html><p>Sign in', { headers: { 'content-type': 'text/html' } }),
    )

    const { error } = await clock.until(ending(placeOrder().run(cart)))

    expect(error).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
  })

  test('one that is longer than maxBodyBytes is executed, and cut off while it streams', async () => {
    const { placeOrder, server, clock } = bench({ maxBodyBytes: 100, retry: { attempts: 1 } })
    let chunksTaken = 0
    server.script(() => {
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          chunksTaken++
          controller.enqueue(new Uint8Array(64).fill(0x20))
        },
      })
      return new Response(body, { status: 201, headers: { 'transfer-encoding': 'chunked' } })
    })

    const { error } = await clock.until(ending(placeOrder().run(cart)))

    expect(error).toMatchObject({ code: 'response-invalid', outcome: 'executed' })
    expect(chunksTaken).toBeLessThan(6)
  })
})

describe('replayed', () => {
  test('it is false for the answer of this run, and true for a stored one', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()

    expect((await clock.until(order.start(cart).settled)) as unknown).toMatchObject({ replayed: false })
    expect((await clock.until(order.start(cart).settled)) as unknown).toMatchObject({ replayed: true })
    expect((await clock.until(order.settle(cart))) as unknown).toMatchObject({ replayed: true })
    expect(await clock.until(order.inspect(cart))).toMatchObject({ replayed: true })
  })

  test('it is true when the server says that it answered before', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(201, { order: 9 }, { 'idempotent-replayed': 'true' }))

    expect((await clock.until(placeOrder().start(cart).settled)) as unknown).toMatchObject({
      data: { order: 9 },
      replayed: true,
    })
  })

  test('it is true for who waited for another process', async () => {
    const { placeOrder, server, clock, another } = bench()
    server.script(reset, answer(201, { order: 9 }))
    const here = placeOrder().run(cart)
    const there = another().placeOrder().start(cart)

    await clock.until(here)

    expect((await clock.until(there.settled)) as unknown).toMatchObject({
      data: { order: 9 },
      replayed: true,
    })
  })
})

describe('how long a result is remembered', () => {
  test('until `remember` has passed it is given without a request', async () => {
    const { placeOrder, server, clock } = bench({ remember: 60_000 })
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))

    await clock.advance(59_999)

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })

  test('afterwards only the fact is left: already-executed, and nothing is sent', async () => {
    const { placeOrder, server, clock, record } = bench({ remember: 60_000 })
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))

    await clock.advance(60_000)
    const { error } = await clock.until(ending(order.run(cart)))

    expect(error).toMatchObject({ code: 'already-executed', outcome: 'executed', key: 'key-1' })
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ state: 'succeeded', key: 'key-1' })
    expect(await record()).not.toHaveProperty('result')
  })

  test('afterwards it is asked for where there is a status request', async () => {
    const { placeOrder, server, clock } = bench({ remember: 60_000 })
    server.script(answer(201, { order: 9 }), answer(200, { order: 9 }))
    const order = placeOrder({ status: { request: ({ id }) => ({ url: `orders/by-cart/${String(id)}` }) } })
    await clock.until(order.run(cart))
    await clock.advance(60_000)

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method, url }) => [method, url])).toEqual([
      ['POST', 'https://shop.test/api/orders'],
      ['GET', 'https://shop.test/api/orders/by-cart/cart-42'],
    ])
  })

  test('if asking brings nothing it is already-executed, after a few asks', async () => {
    const { placeOrder, server, clock } = bench({ remember: 60_000 })
    server.script(answer(201, { order: 9 }))
    server.always(answer(404))
    const order = placeOrder({ status: { request: () => ({ url: 'orders/by-cart' }) } })
    await clock.until(order.run(cart))
    await clock.advance(60_000)

    const { error } = await clock.until(ending(order.run(cart)))

    expect(error).toMatchObject({ code: 'already-executed', outcome: 'executed' })
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect(server.requests.length).toBeLessThanOrEqual(4)
  })

  test('if another runner stores it while asking brings nothing, that is given', async () => {
    const { placeOrder, another, server, clock } = bench()
    server.always(answer(404))
    const status = { request: () => ({ url: 'orders/by-cart' }), read: () => ({ absent: true }) as const }
    const order = placeOrder({ status })
    await clock.until(order.conclude(cart, { outcome: 'executed', begin: true }))
    const asking = order.run(cart)
    await clock.advance(0)
    await clock.until(
      another()
        .placeOrder()
        .conclude(cart, { outcome: 'executed', data: { order: 9 } }),
    )

    expect(await clock.until(asking)).toEqual({ order: 9 })
  })

  test('remember: 0 keeps the fact alone', async () => {
    const { placeOrder, server, clock } = bench({ remember: 0 })
    server.script(answer(201, { order: 9 }))
    const order = placeOrder()

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'already-executed' })
  })

  test('a definition remembers as long as it says itself', async () => {
    const { placeOrder, server, clock } = bench({ remember: 60_000 })
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({ remember: 2 * day })
    await clock.until(order.run(cart))
    await clock.advance(day)

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('the fact stays a year, and then the operation is new', async () => {
    const { placeOrder, server, clock } = bench()
    server.always(answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(order.run(cart))

    await clock.advance(365 * day - 1_000)
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'already-executed' })
    expect(server.requests).toHaveLength(1)
    await clock.advance(day)
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-2'])
  })
})

describe('a result that is too long to be stored', () => {
  const long = { order: 9, text: 'x'.repeat(1_100_000) }

  test('it is given once, to all who wait for it, and its fact is kept', async () => {
    const { placeOrder, server, clock, record } = bench()
    server.script(answer(201, long))
    const order = placeOrder()

    expect(await clock.until(Promise.all([order.run(cart), order.run(cart)]))).toEqual([
      { order: 9 },
      { order: 9 },
    ])

    expect(await record()).toMatchObject({ state: 'succeeded' })
    expect(JSON.stringify(await record()).length).toBeLessThan(2_000)
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'already-executed',
      outcome: 'executed',
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('data that is told instead of an answer', () => {
  test('what status.read gives is stored as JSON and read by the schema', async () => {
    const { client, server, clock, record } = bench({ profile: noKeys })
    server.script(reset, answer(200, { state: 'placed', number: '9' }))
    const order = client.operation({
      name: 'place-order',
      id: () => 'cart-42',
      request: () => ({ method: 'post', url: 'orders' }),
      response: Total,
      status: {
        request: () => ({ url: 'orders/1' }),
        read: () => ({ outcome: 'executed', data: { order: 9, total: '12.5' } }),
      },
    })

    expect(await clock.until(order.run(undefined))).toEqual({ order: 9, total: 12.5 })
    expect((await record())?.['result']).toEqual({
      form: 'data',
      text: '{"order":9,"total":"12.5"}',
      replayed: true,
    })
    expect(await clock.until(order.run(undefined))).toEqual({ order: 9, total: 12.5 })
  })

  test.each<[string, Setup]>([
    ['', {}],
    [
      ', read by `parseJson`',
      { around: plain => ({ ...plain, parseJson: (text: string) => JSON.parse(text) }) },
    ],
  ])('what status.read makes of the body in place is the result, now and later%s', async (_, setup) => {
    const { placeOrder, server, clock } = bench({ profile: noKeys, ...setup })
    server.script(reset, answer(200, { id: 9 }))
    const read = ({ body }: { body: unknown }) => {
      const order = body as Record<string, unknown>
      order['order'] = order['id']
      delete order['id']
      return { outcome: 'executed', data: order } as const
    }
    const order = placeOrder({ status: { request: () => ({ url: 'orders/1' }), read } })

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(2)
  })

  describe('with numbers that only `parseJson` reads', () => {
    const id = 9_007_199_254_740_993n
    const exact = (text: string): unknown =>
      JSON.parse(text.replaceAll(/:(\d{16,})/g, ':"big $1"'), (_, value: unknown) =>
        typeof value === 'string' && value.startsWith('big ') ? BigInt(value.slice(4)) : value,
      )
    const around = (transport: Transport): Transport => ({ ...transport, parseJson: exact })
    const typed = (text: string) => () =>
      new Response(text, {
        headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
      })
    const ask = { request: () => ({ url: 'orders/1' }) }
    const Big = z.object({ id: z.bigint() })

    test.each<[string, string, Partial<OperationDefinition<Cart, never>>]>([
      [
        'a result beside its word',
        '{"status":"succeeded","result":{"id":9007199254740993}}',
        { status: ask },
      ],
      ['a response that is done', '{"done":true,"response":{"id":9007199254740993}}', { status: ask }],
      ['a resource that `response` accepts', '{"id":9007199254740993}', { status: ask }],
      [
        'a part that `read` gives',
        '{"data":{"id":9007199254740993,"~":"~1~"}}',
        {
          status: {
            ...ask,
            read: ({ body }) => ({ outcome: 'executed', data: (body as { data: unknown }).data }),
          },
        },
      ],
    ])('%s is exact, now and later', async (_, text, definition) => {
      const { placeOrder, server, clock } = bench({ profile: noKeys, around, retry: { attempts: 1 } })
      server.script(reset, typed(text))
      const order = placeOrder({ ...definition, response: Big } as never)

      expect(await clock.until(order.start(cart).settled)).toMatchObject({
        outcome: 'executed',
        data: { id },
      })
      expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'executed', data: { id } })
      expect(server.requests).toHaveLength(2)
    })

    test('what a cancel that came too late brings is exact', async () => {
      const { placeOrder, server, clock } = bench({ around, retry: { attempts: 1 } })
      server.script(reset, typed('{"status":"succeeded","result":{"id":9007199254740993}}'))
      const order = placeOrder({ cancel: ask, response: Big } as never)
      await clock.until(ending(order.run(cart)))

      expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome: 'executed', data: { id } })
      expect(await clock.until(order.run(cart))).toEqual({ id })
    })

    test('a refusal says the same to those who come later', async () => {
      const { placeOrder, server, clock } = bench({ around })
      server.script(() => new Response('{"error":{"id":9007199254740993}}', { status: 400 }))
      const order = placeOrder()
      const first = await clock.until(order.start(cart).settled)
      const later = await clock.until(order.settle(cart))

      expect(first.error?.response?.body).toEqual({ error: { id } })
      expect(later.error?.response?.body).toEqual({ error: { id } })
    })

    test('an error that `read` gives is exact too', async () => {
      const { placeOrder, server, clock } = bench({ profile: noKeys, around, retry: { attempts: 1 } })
      server.script(reset, typed('{"id":9007199254740993}'))
      const read = ({ body }: { body: unknown }) => ({ outcome: 'not-executed', error: body }) as const
      const order = placeOrder({ status: { ...ask, read } })

      expect((await clock.until(order.start(cart).settled)).error).toMatchObject({
        code: 'rejected',
        cause: { id },
      })
      expect((await clock.until(order.settle(cart))).error).toMatchObject({ cause: { id } })
    })

    test.each([
      ['beside its word', '{"status":"failed","error":{"id":9007199254740993}}'],
      ['beside its word, spelled as .NET does', '{"Status":"failed","Reason":{"id":9007199254740993}}'],
      ['of what is done', '{"done":true,"error":{"id":9007199254740993}}'],
    ])('an error %s is exact too', async (_, text) => {
      const { placeOrder, server, clock } = bench({ profile: noKeys, around, retry: { attempts: 1 } })
      server.script(reset, typed(text))
      const order = placeOrder({ response: Big, status: ask } as never)

      expect((await clock.until(order.start(cart).settled)).error).toMatchObject({
        code: 'rejected',
        cause: { id },
      })
      expect((await clock.until(order.settle(cart))).error).toMatchObject({ cause: { id } })
    })

    test.each<[string, Setup, unknown]>([
      ['no reader of its own', {}, { id: 9n }],
      [
        'a reader that reads something else',
        { around: plain => ({ ...plain, parseJson: () => 1 }) },
        { id: 9n },
      ],
    ])('what is given to %s cannot be kept, and is named', async (_, setup, data) => {
      const { placeOrder, server, clock, record } = bench({
        profile: noKeys,
        retry: { attempts: 1 },
        ...setup,
      })
      server.script(reset)
      server.always(answer(200, {}))
      const order = placeOrder({ status: { ...ask, read: () => ({ outcome: 'executed', data }) } })

      expect(await clock.until(order.start(cart).settled)).toMatchObject({
        outcome: 'executed',
        data: undefined,
        error: {
          code: 'configuration',
          outcome: 'executed',
          message: 'operation(place-order).status.read.data: must be a JSON value',
        },
      })
      expect(await record()).toMatchObject({ state: 'succeeded' })
    })
  })

  test.each([
    ['a Map', { lines: new Map([[1, 2]]) }, '.lines: is of class Map: give plain data'],
    ['NaN', { total: Number.NaN }, '.total: is NaN: give plain data'],
    ['a hole', [1, undefined], '[1]: is undefined: give null'],
  ])('what JSON would blur is executed, and named: %s', async (_, data, named) => {
    const { placeOrder, server, clock, record } = bench({ profile: noKeys, retry: { attempts: 1 } })
    server.script(reset)
    server.always(answer(200, {}))
    const order = placeOrder({
      status: {
        request: () => ({ url: 'orders/1' }),
        read: () => ({ outcome: 'executed', data }),
      },
    })

    expect(await clock.until(order.start(cart).settled)).toMatchObject({
      outcome: 'executed',
      data: undefined,
      error: { code: 'configuration', message: `operation(place-order).status.read.data${named}` },
    })
    expect(await record()).toMatchObject({ state: 'succeeded' })
  })

  test('null is null, not text', async () => {
    const { client, clock } = bench()
    const order = client.operation({
      name: 'place-order',
      id: () => 'cart-42',
      request: () => ({ method: 'post', url: 'orders' }),
    })
    await clock.until(order.conclude(undefined, { outcome: 'executed', data: null, begin: true }))

    expect(await clock.until(order.run(undefined))).toBeNull()
  })
})

describe('a success that cannot be stored', () => {
  test('it is given to the callers all the same, with an event', async () => {
    const { placeOrder, server, store, clock, events } = bench()
    server.script(answer(201, { order: 9 }))
    const set = store.set.bind(store)
    let writes = 0
    store.set = (...given) => (++writes > 1 ? Promise.reject(new Error('full')) : set(...given))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(events).toContainEqual(expect.objectContaining({ type: 'store-failed', doing: 'settle' }))
  })

  test('its fact is tried once more, without the result that may be what the store refuses', async () => {
    const { placeOrder, server, store, clock, record } = bench()
    server.script(answer(201, { order: 9 }))
    const set = store.set.bind(store)
    store.set = (key, value, options) =>
      value.includes('"result"') ? Promise.reject(new Error('too long')) : set(key, value, options)
    const order = placeOrder()

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })

    expect(await record()).toMatchObject({ state: 'succeeded' })
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'already-executed' })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a success whose result the store does not take', () => {
  test('is given with its result, although another wrote in between and the store fails to the end', async () => {
    const { placeOrder, server, clock, store } = bench()
    server.script(answer(201, { order: 9 }))
    server.always(answer(503))
    const set = store.set.bind(store)
    let tries = 0
    store.set = async (key, value, options) => {
      if (!value.includes('"succeeded"')) return set(key, value, options)
      tries++
      const stored = await store.get(key)
      // Another runner writes what is there once more, so that the next write of this one is lost.
      if (tries === 2 && stored !== undefined)
        await set(key, stored.value, { expected: stored.version, open: true })
      throw new Error('the store refuses it')
    }

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a success that another stored without its result', () => {
  test('takes the result that comes, for those who come later', async () => {
    const { placeOrder, server, clock, another, record } = bench()
    const late = held()
    server.script(late.reply)
    const running = placeOrder().run(cart)
    await clock.settle()
    await clock.until(another().placeOrder().conclude(cart, { outcome: 'executed' }))
    expect(await record()).toMatchObject({ state: 'succeeded' })
    expect((await record())?.['result']).toBeUndefined()
    late.release(answer(201, { order: 9 }))

    expect(await clock.until(running)).toEqual({ order: 9 })
    expect(await record()).toMatchObject({ state: 'succeeded', result: { text: '{"order":9}' } })
    expect(await clock.until(another().placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a `response` that says neither yes nor no takes nothing', () => {
  const saying = (said: unknown) =>
    ({ '~standard': { version: 1, vendor: 'own', validate: () => said } }) as never

  test.each<[string, unknown]>([
    ['what `safeParse` of zod gives', { success: false, error: new Error('no') }],
    ['an empty object', {}],
    ['a number', 5],
    ['nothing', undefined],
  ])('%s', async (_, said) => {
    const { placeOrder, server, clock } = bench({ profile: noKeys, deadline: 5_000 })
    server.script(answer(201, { order: 9 }), reset)
    server.always(answer(200, { order: 9 }))
    const order = placeOrder({ response: saying(said), status: { request: () => ({ url: 'orders/1' }) } })

    expect(await clock.until(order.start(cart).settled)).toMatchObject({
      outcome: 'executed',
      error: { code: 'response-invalid' },
    })
    expect(await clock.until(order.start({ ...cart, id: 'cart-7' }).settled)).toMatchObject({
      outcome: 'unknown',
    })
  })
})
