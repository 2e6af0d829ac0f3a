import { describe, expect, test } from 'vitest'
import { gocardless } from '../../src/profiles/gocardless.ts'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { RequestSpec } from '../../src/engine/request/request-spec.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

type Changes = Partial<OperationDefinition<Cart, OrderData>>

const body = (given: unknown): Changes => ({
  request: () => ({ method: 'post', url: 'orders', body: given as NonNullable<RequestSpec['body']> }),
})

function form(): FormData {
  const data = new FormData()
  data.append('title', 'two\nlines "quoted"')
  data.append('file', new File(['%PDF-1'], 'invoice "7".pdf', { type: 'application/pdf' }))
  data.append('plain', new Blob(['x']))
  return data
}

describe('what the callbacks give is read at the call: what becomes of the input later is another payload', () => {
  type Lines = { readonly id: string; lines: string[] }
  const fingerprints: [string, ((input: Lines) => unknown) | undefined][] = [
    ['the list itself', input => input.lines],
    ['an object around it', ({ lines }) => ({ lines })],
    ['none', undefined],
  ]

  test.each(
    fingerprints.flatMap(([name, fingerprint]) =>
      ['orders', 'orders?shop=1'].map(url => [name, url, fingerprint] as const),
    ),
  )('a fingerprint of %s, %s', async (_, url, fingerprint) => {
    const { client, server, clock } = bench({ retry: { attempts: 1 }, poll: { deadline: 1 } })
    server.script(reset)
    server.always(answer(201, { order: 9 }))
    const order = client.operation<Lines>({
      name: 'order',
      id: ({ id }) => id,
      request: ({ lines }) => ({ method: 'post', url, json: lines }),
      ...(fingerprint !== undefined && { fingerprint }),
    })
    const input = { id: '1', lines: ['a'] }
    const run = order.start(input)
    input.lines.push('b')
    await clock.until(run.settled)

    expect((await clock.until(order.start(input).settled)).error).toMatchObject({ code: 'payload-mismatch' })
    expect((await clock.until(order.start({ id: '1', lines: ['a'] }).settled)).outcome).toBe('executed')
    expect(server.requests.map(({ body: sent }) => sent)).toEqual(['["a"]', '["a"]'])
  })

  test('each part is read once: what was checked is what is sent', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const urls = ['orders', 'https://elsewhere.test/']
    const methods = ['post', 'delete']
    const request = () => ({
      get method() {
        return methods.shift() ?? ''
      },
      get url() {
        return urls.shift() ?? ''
      },
    })
    await clock.until(ending(placeOrder({ request }).run(cart)))

    expect(server.requests.map(({ method, url }) => [method, url])).toEqual([
      ['POST', 'https://shop.test/api/orders'],
    ])
  })
})

describe('bodies of every kind are sent, and sent again, byte for byte', () => {
  test.each<[string, Changes, string | undefined, string]>([
    ['json', {}, 'application/json', '{"id":"cart-42","total":990}'],
    [
      'json null',
      { request: () => ({ method: 'post', url: 'orders', json: null }) },
      'application/json',
      'null',
    ],
    ['text', body('naïve'), 'text/plain;charset=UTF-8', 'naïve'],
    ['empty text', body(''), 'text/plain;charset=UTF-8', ''],
    [
      'URLSearchParams',
      body(new URLSearchParams({ a: '1 2', b: 'ü' })),
      'application/x-www-form-urlencoded;charset=UTF-8',
      'a=1+2&b=%C3%BC',
    ],
    ['an ArrayBuffer', body(new TextEncoder().encode('abc').buffer), undefined, 'abc'],
    ['a typed array', body(new TextEncoder().encode('abc')), undefined, 'abc'],
    ['a view into a larger buffer', body(new TextEncoder().encode('xabcx').subarray(1, 4)), undefined, 'abc'],
    ['a DataView', body(new DataView(new TextEncoder().encode('xabcx').buffer, 1, 3)), undefined, 'abc'],
    ['16-bit numbers', body(Uint16Array.of(0x61_61)), undefined, 'aa'],
    ['a Blob', body(new Blob(['abc'], { type: 'text/csv' })), 'text/csv', 'abc'],
    ['a Blob without a type', body(new Blob(['abc'])), undefined, 'abc'],
    ['no body', { request: () => ({ method: 'delete', url: 'orders/1' }) }, undefined, ''],
  ])('%s', async (_, changes, contentType, text) => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(201, { order: 9 }))

    expect(await clock.until(placeOrder(changes).run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(request => [request.headers['content-type'], request.body])).toEqual([
      [contentType, text],
      [contentType, text],
    ])
  })

  test('the definition’s own content type goes before', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({
      request: () => ({
        method: 'post',
        url: 'orders',
        json: 1,
        headers: { 'Content-Type': 'application/own+json' },
      }),
    })
    await clock.until(order.run(cart))

    expect(server.requests[0]!.headers['content-type']).toBe('application/own+json')
  })

  test.each<[string, NonNullable<RequestSpec['headers']>]>([
    ['Headers', new Headers({ 'If-Match': '"v1"', 'X-Tenant': '7' })],
    [
      'pairs',
      [
        ['If-Match', '"v1"'],
        ['X-Tenant', '7'],
      ],
    ],
    [
      'a Map',
      new Map([
        ['If-Match', '"v1"'],
        ['X-Tenant', '7'],
      ]),
    ],
    [
      'an object without a prototype',
      Object.assign(Object.create(null), { 'If-Match': '"v1"', 'X-Tenant': '7' }),
    ],
  ])('headers given as %s are sent, and sent again by a resume', async (_, headers) => {
    const { placeOrder, client, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(200, { order: 9 }))
    const order = placeOrder({
      persist: 'request',
      keepHeaders: ['if-match', 'x-tenant'],
      request: () => ({ method: 'put', url: 'orders/9', json: 1, headers }),
    })
    await clock.until(ending(order.run(cart)))
    await clock.until(client.resume({ send: true }))

    expect(server.requests.map(({ headers: sent }) => [sent['if-match'], sent['x-tenant']])).toEqual([
      ['"v1"', '7'],
      ['"v1"', '7'],
    ])
  })

  test('a header that Headers carry and no list names is told by name, and nothing is sent', async () => {
    const { placeOrder, server, clock } = bench()
    const headers = new Headers({ 'If-Match': '"v1"' })
    const order = placeOrder({
      persist: 'request',
      request: () => ({ method: 'put', url: 'orders/9', json: 1, headers }),
    })

    expect((await clock.until(ending(order.run(cart)))).error?.message).toMatch(
      /^operation\(place-order\)\.request\.headers\.if-match: would be left out of the stored request/,
    )
    expect(server.requests).toEqual([])
  })

  test('a name that is given twice is one header with both values', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const headers = [
      ['Prefer', 'wait=10'],
      ['prefer', 'return=minimal'],
    ] as const
    await clock.until(placeOrder({ request: () => ({ method: 'post', url: 'orders', headers }) }).run(cart))

    expect(server.requests[0]!.headers['prefer']).toBe('wait=10, return=minimal')
  })

  test('accept asks for JSON where a schema reads it, unless the definition asks for something else', async () => {
    const { placeOrder, client, server, clock } = bench()
    server.always(answer(201, { order: 9 }))
    const plain = { id: () => 'cart-42', request: () => ({ method: 'post', url: 'orders' }) }
    await clock.until(placeOrder().run(cart))
    await clock.until(client.operation({ ...plain, name: 'no-schema' }).run(undefined))
    await clock.until(
      placeOrder({
        name: 'own',
        request: () => ({ method: 'post', url: 'orders', headers: { accept: 'application/own+json' } }),
      }).run(cart),
    )

    expect(server.requests.map(({ headers }) => headers['accept'])).toEqual([
      'application/json',
      undefined,
      'application/own+json',
    ])
  })

  test('FormData has the same bytes in every attempt and in every process', async () => {
    const { placeOrder, server, clock, another } = bench({ retry: { attempts: 2 } })
    server.always(reset)
    await clock.until(ending(placeOrder(body(form())).run(cart)))
    await clock.until(ending(another().placeOrder(body(form())).run(cart)))
    const [first, ...others] = server.requests.map(request => [request.headers['content-type'], request.body])

    expect(others.length).toBeGreaterThanOrEqual(2)
    for (const other of others) expect(other).toEqual(first)
    const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(first![0]!)![1]!
    expect(first![1]).toBe(
      [
        `--${boundary}`,
        'Content-Disposition: form-data; name="title"',
        '',
        'two\r\nlines "quoted"',
        `--${boundary}`,
        'Content-Disposition: form-data; name="file"; filename="invoice %227%22.pdf"',
        'Content-Type: application/pdf',
        '',
        '%PDF-1',
        `--${boundary}`,
        'Content-Disposition: form-data; name="plain"; filename="blob"',
        'Content-Type: application/octet-stream',
        '',
        'x',
        `--${boundary}--`,
        '',
      ].join('\r\n'),
    )
  })

  test('FormData of another generation has another boundary', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(402), answer(201, { order: 9 }))
    const order = placeOrder(body(form()))
    await clock.until(ending(order.run(cart)))
    await clock.until(order.run(cart))

    const [first, second] = server.requests.map(({ headers }) => headers['content-type'])
    expect(first).not.toBe(second)
  })

  test.each<[string, unknown]>([
    ['a stream', new ReadableStream()],
    ['an async generator', (async function* bytes() {})()],
    ['a Request', new Request('https://shop.test/')],
    ['a number', 42],
    ['an object', { order: 1 }],
  ])(
    'what can be sent only once, or is no body, is refused before anything is sent: %s',
    async (_, given) => {
      const { placeOrder, server, clock, records } = bench()

      expect((await clock.until(ending(placeOrder(body(given)).run(cart)))).error).toMatchObject({
        code: 'configuration',
        outcome: 'not-executed',
        message: expect.stringContaining(
          'operation(place-order).request.body: can be sent only once, or is of no known kind',
        ),
      })
      expect(server.requests).toHaveLength(0)
      expect(await records()).toEqual([])
    },
  )
})

describe('what the caller changes after the call is another payload', () => {
  test.each<[string, () => { readonly given: unknown; readonly change: () => void }]>([
    [
      'bytes',
      () => {
        const given = new TextEncoder().encode('abc')
        return { given, change: () => given.fill(0x7a) }
      },
    ],
    [
      'a buffer',
      () => {
        const given = new TextEncoder().encode('abc').buffer
        return { given, change: () => new Uint8Array(given).fill(0x7a) }
      },
    ],
    [
      'URLSearchParams',
      () => {
        const given = new URLSearchParams('abc')
        return { given, change: () => given.append('z', 'z') }
      },
    ],
    [
      'FormData',
      () => {
        const given = form()
        return { given, change: () => given.append('z', 'z') }
      },
    ],
  ])('%s', async (_, make) => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(201, { order: 9 }))
    const { given, change } = make()
    const running = placeOrder(body(given)).run(cart)
    change()
    await clock.until(running)

    expect(server.requests[0]!.body).not.toMatch(/z/)
    expect(server.requests[1]!.body).toBe(server.requests[0]!.body)
  })

  test('an object as json', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const mutable = { id: 'cart-42', total: 990 }
    const running = placeOrder().run(mutable)
    mutable.total = 1
    await clock.until(running)

    expect(server.requests[0]!.body).toBe('{"id":"cart-42","total":990}')
  })
})

describe('the fingerprint tells payloads apart', () => {
  const first = async (changes: Changes = {}) => {
    const world = bench({ retry: { attempts: 1 } })
    world.server.script(reset)
    await world.clock.until(ending(world.placeOrder(changes).run(cart)))
    return { ...world, later: world.another() }
  }

  test.each<[string, Changes, Changes]>([
    ['another method', {}, { request: json => ({ method: 'put', url: 'orders', json }) }],
    ['another path', {}, { request: json => ({ method: 'post', url: 'orders/2', json }) }],
    ['another query', {}, { request: json => ({ method: 'post', url: 'orders?shop=2', json }) }],
    [
      'another json',
      {},
      { request: json => ({ method: 'post', url: 'orders', json: { ...json, total: 1 } }) },
    ],
    [
      'the same text as a body',
      {},
      { request: json => ({ method: 'post', url: 'orders', body: JSON.stringify(json) }) },
    ],
    ['no body', {}, { request: () => ({ method: 'post', url: 'orders' }) }],
    ['other bytes', body('a'), body('b')],
    ['another part of the form', body(form()), body(new FormData())],
    ['another value of the definition’s own', { fingerprint: () => 1 }, { fingerprint: () => 2 }],
    ['its own value in the place of the body', {}, { fingerprint: input => input }],
  ])('%s is another payload', async (_, before, after) => {
    const { later, server, clock } = await first(before)

    expect((await clock.until(ending(later.placeOrder(after).run(cart)))).error).toMatchObject({
      code: 'payload-mismatch',
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(1)
  })

  test.each<[string, NonNullable<Changes['request']>]>([
    ['another method', json => ({ method: 'put', url: 'orders', json })],
    ['another path', json => ({ method: 'post', url: 'v2/orders', json })],
    ['another query', json => ({ method: 'post', url: 'orders?v=2', json })],
  ])('a deployment with %s is told as that, and never another id', async (_, request) => {
    const { later, server, clock } = await first()

    expect((await clock.until(ending(later.placeOrder({ request }).run(cart)))).error).toMatchObject({
      code: 'payload-mismatch',
      message:
        'The operation was begun with another method or URL. Whether the operation was executed is not known. Call `settle` to find out. Use another id for another intention only.',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('what was begun at another origin is told as that, and goes on there', async () => {
    const { later, server, clock } = await first({})
    const request: Changes['request'] = json => ({
      method: 'post',
      url: 'https://shop2.test/api/orders',
      json,
    })
    const { error } = await clock.until(ending(later.placeOrder({ request }).run(cart)))
    expect(error).toMatchObject({ code: 'unresolved', outcome: 'unknown' })
    expect(error?.message).toContain('its request goes to https://shop2.test now')
    expect(server.requests).toHaveLength(1)
  })

  test.each<[string, Changes, Changes]>([
    [
      'json with its keys in another order',
      {},
      { request: json => ({ method: 'post', url: 'orders', json: { total: json.total, id: json.id } }) },
    ],
    ['the method in small letters', {}, { request: json => ({ method: 'POST', url: 'orders', json }) }],
    ['another fragment', {}, { request: json => ({ method: 'post', url: 'orders#top', json }) }],
    [
      'other headers',
      {},
      { request: json => ({ method: 'post', url: 'orders', json, headers: { 'x-own': '2' } }) },
    ],
    [
      'a body that the definition does not count',
      { fingerprint: input => input.id },
      { fingerprint: input => input.id, request: () => ({ method: 'post', url: 'orders', json: 'else' }) },
    ],
    ['a form of the same parts', body(form()), body(form())],
  ])('%s is the same', async (_, before, after) => {
    const { later, server, clock } = await first(before)
    server.script(answer(201, { order: 9 }))

    expect(await clock.until(later.placeOrder(after).run(cart))).toEqual({ order: 9 })
    expect(server.requests[1]!.key).toBe('key-1')
  })

  test('json goes out as it was written, keys in their order', async () => {
    const { later, server, clock } = await first()
    server.script(answer(201, { order: 9 }))
    await clock.until(
      later
        .placeOrder({
          request: json => ({ method: 'post', url: 'orders', json: { total: json.total, id: json.id } }),
        })
        .run(cart),
    )

    expect(server.requests.map(request => request.body)).toEqual([
      '{"id":"cart-42","total":990}',
      '{"total":990,"id":"cart-42"}',
    ])
    expect(later.events.map(({ type }) => type)).toContain('bytes-changed')
  })

  test('other bytes are not sent again to a server that compares bytes: it asks instead', async () => {
    const world = bench({ retry: { attempts: 1 }, profile: gocardless })
    world.server.script(reset, answer(200, { order: 9 }))
    await world.clock.until(ending(world.placeOrder().run(cart)))
    const later = world.another({ profile: gocardless }).placeOrder({
      request: json => ({ method: 'post', url: 'orders', json: { total: json.total, id: json.id } }),
      status: { request: ({ key }) => ({ url: `orders/by-key/${key}` }) },
    })

    expect(await world.clock.until(later.run(cart))).toEqual({ order: 9 })
    expect(world.server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test.each<[string, unknown]>([
    ['a bigint', 9n],
    ['a Map', new Map()],
    ['not a number', Number.NaN],
  ])('one that JSON cannot hold is a configuration error: %s', async (_, value) => {
    const { placeOrder, server, clock } = bench()

    expect(
      (await clock.until(ending(placeOrder({ fingerprint: () => value }).run(cart)))).error,
    ).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('operation(place-order).fingerprint: it is'),
    })
    expect(server.requests).toHaveLength(0)
  })

  test('one that gives nothing says that nothing of the body counts', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }))
    const order = placeOrder({ fingerprint: () => undefined })
    await clock.until(order.run(cart))

    expect(await clock.until(order.run({ ...cart, total: 1 }))).toEqual({ order: 9 })
  })

  test('what is stored of the payload is hashes', async () => {
    const { record } = await first({
      request: () => ({
        method: 'post',
        url: 'orders?token=secret',
        json: 'secret',
        headers: { 'x-own': 'secret' },
      }),
    })

    expect(JSON.stringify(await record())).not.toContain('secret')
    expect(await record()).toMatchObject({
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      target: { queryHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
  })
})
