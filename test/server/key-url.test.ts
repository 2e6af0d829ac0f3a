import { describe, expect, test } from 'vitest'
import { NotExecuted } from '../../src/entries/server.ts'
import type { IdempotencyOptions } from '../../src/entries/server.ts'
import { resolveOptions } from '../../src/server/options.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { atKey, heldHandler, listed, post, shop, told, trialServer } from './trial-server.ts'

describe('the status of a key', () => {
  test('that was never used is not found', async () => {
    const once = trialServer().process()
    expect(await told(once.status(atKey('k1')))).toMatchObject({ status: 404, code: 'key-unknown' })
  })

  test('in another scope is not found', async () => {
    const trial = trialServer()
    await trial.process({ scope: 'anna' }).handle(post('k1'), shop().handler)
    expect((await trial.process({ scope: 'bert' }).status(atKey('k1'))).status).toBe(404)
  })

  test('in progress is 202 with Retry-After', async () => {
    const { clock, process } = trialServer()
    const once = process()
    void once.handle(post('k1'), heldHandler().handler)
    await clock.settle()

    const status = await told(once.status(atKey('k1')))
    expect(status).toMatchObject({ status: 202, body: { status: 'processing' } })
    expect(status.headers.get('retry-after')).toBe('1')
  })

  test.each([
    ['data', Response.json({ order: 1 }, { status: 201 }), { status: 'succeeded', result: { order: 1 } }],
    ['text', new Response('done'), { status: 'succeeded', result: 'done' }],
    ['nothing', new Response(null, { status: 204 }), { status: 'succeeded', result: '' }],
    ['bytes', new Response(Uint8Array.of(255)), { status: 'succeeded' }],
    [
      'a refusal',
      Response.json({ title: 'Declined' }, { status: 402 }),
      { status: 'failed', error: { title: 'Declined' }, answered: 402 },
    ],
  ])('answered with %s tells it', async (_, response, body) => {
    const once = trialServer().process()
    await once.handle(post('k/1'), () => response)
    const status = await told(once.status(atKey('k/1')))
    expect(status.status).toBe(200)
    expect(status.body).toEqual(body)
  })

  test('answered 202 is in progress elsewhere', async () => {
    const once = trialServer().process()
    const accepted = new Response(null, { status: 202, headers: { location: '/jobs/7' } })
    await once.handle(post('k1'), () => accepted)

    const status = await told(once.status(atKey('k1')))
    expect(status).toMatchObject({ status: 202, body: { status: 'processing' } })
    expect(status.headers.get('location')).toBe('/jobs/7')
  })

  test('answered with a 500 is unknown, not failed', async () => {
    const once = trialServer().process()
    await once.handle(post('k1'), () => new Response(null, { status: 500 }))
    expect(await told(once.status(atKey('k1')))).toMatchObject({ status: 409, code: 'outcome-unknown' })
  })

  test('of a URL without a key is refused', async () => {
    const once = trialServer().process()
    for (const path of ['orders/by-key/', 'orders/by-key/%0d%0a', 'orders/by-key/%E0%A4%A'])
      expect(await told(once.status(new Request(`https://shop.example/${path}`))), path).toMatchObject({
        status: 400,
      })
  })

  test('is found by a function of the owner', async () => {
    const once = trialServer().process({
      keyOf: request => new URL(request.url).searchParams.get('key') ?? '',
    })
    await once.handle(post('k1'), shop().handler)
    expect((await once.status(new Request('https://shop.example/status?key=k1'))).status).toBe(200)
  })
})

describe("a key's own URL", () => {
  const BATCH = 'https://shop.example/orders/by-key/'

  test.each([
    ['a slash that a proxy decoded', 'batch/7'],
    ['a slash that nobody decoded', 'batch%2F7'],
    ['a slash that was encoded twice', 'batch%252F7'],
    ['two slashes', 'batch//7'],
    ['dots that were taken out', '../7'],
    ['a further by-key', 'a/by-key/7'],
    ['a slash at its end', '7/'],
    ['parameters', '7%3Bv'],
    ['an encoding of a plain key', '~37'],
    ['no hexadecimal', '~7'],
    ['more than ASCII', '~ff'],
    ['a space after the key, in hexadecimal', '~3720'],
    ['a space before the key, in hexadecimal', '~2037'],
    ['quotes around the key, in hexadecimal', '~223722'],
    ['quotes around the key', '%227%22'],
    ['bare quotes around the key', '"7"'],
  ])('with %s seals nothing and tells nothing', async (_, path) => {
    const { handler, orders } = shop()
    const { process, store } = trialServer()
    const once = process()
    for (const method of ['GET', 'DELETE'])
      expect(
        await told(once[method === 'GET' ? 'status' : 'seal'](new Request(`${BATCH}${path}`, { method }))),
      ).toMatchObject({ status: 400, code: 'key-invalid' })
    expect(store.calls).toEqual([])
    expect(await told(once.handle(post('7'), handler))).toMatchObject({ status: 201 })
    expect(orders).toHaveLength(1)
  })

  test.each(['batch/7', '..', 'a%2Fb', '7?x#y', 'a;v', 'A:B@c', '~x!$&()*,', 'v1.2', 'k1'])(
    'for %s is read as it was told, also where a proxy decoded it or wrote it in capitals',
    async key => {
      const once = trialServer().process({ inProgress: 202 })
      const held = heldHandler()
      const first = once.handle(post(key), held.handler)
      const location = (await once.handle(post(key), held.handler)).headers.get('location')!
      held.runs[0]!.answer(new Response('done'))
      await first

      for (const path of [location, decodeURIComponent(location), location.replace('~', '%7E')]) {
        const status = await told(once.status(new Request(new URL(path, 'https://shop.example'))))
        expect(status).toMatchObject({ status: 200, body: { status: 'succeeded', result: 'done' } })
        expect(status.headers.get('idempotency-key')).toBe(key)
      }
    },
  )

  test('names the key in each answer: the first, a replay, a refusal, a status, a seal', async () => {
    const once = trialServer().process()
    const answers = [
      await once.handle(post('K/1'), shop().handler),
      await once.handle(post('"K/1"'), shop().handler),
      await once.handle(post('K/1', { body: 'other' }), shop().handler),
      await once.handle(post('K/1', { headers: { 'idempotency-first-sent': 'x' } }), shop().handler),
      await once.status(atKey('K/1')),
      await once.seal(atKey('K/1', 'DELETE')),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 422, 400, 200, 200])
    for (const { headers } of answers) expect(headers.get('idempotency-key')).toBe('K/1')
    expect((await once.status(atKey('never'))).headers.get('idempotency-key')).toBe('never')
    expect((await once.handle(post('a b'), shop().handler)).headers.has('idempotency-key')).toBe(false)
  })

  test('named by two is refused', async () => {
    const once = trialServer().process()
    const at = (key: string, named: string) =>
      new Request(`${BATCH}${key}`, { method: 'DELETE', headers: { 'idempotency-key': named } })
    expect(await told(once.seal(at('7', 'x/../7')))).toMatchObject({ status: 400, code: 'key-invalid' })
    expect(await told(once.seal(at('7', '"7"')))).toMatchObject({ status: 200 })
  })

  test('is exposed to a page of another origin, beside what the handler exposes', async () => {
    const once = trialServer().process()
    const origin = { headers: { origin: 'https://page.example' } }
    const handler = () =>
      new Response('x', { headers: { 'access-control-expose-headers': 'etag, location' } })
    const first = await once.handle(post('k1', origin), handler)
    expect(first.headers.get('access-control-expose-headers')).toBe(
      'etag, location, Idempotency-Key, Idempotent-Replayed, Retry-After',
    )
    expect((await once.handle(post('k1'), handler)).headers.get('access-control-expose-headers')).toBe(
      'etag, location',
    )
    const status = await once.status(new Request(`${BATCH}k1`, origin))
    expect(status.headers.get('access-control-expose-headers')).toMatch(/^Idempotency-Key, /)
  })

  test('answered by a Response that came from elsewhere names it too', async () => {
    const once = trialServer().process()
    const response = Response.redirect('https://shop.example/queue', 303)
    const answer = await once.handle(post('k1'), () => Promise.reject(new NotExecuted('later', { response })))
    expect([answer.status, answer.headers.get('idempotency-key')]).toEqual([303, 'k1'])
  })
})

describe('the Location of a key', () => {
  const locationAt = async (url: string, options: Partial<IdempotencyOptions> = {}) => {
    const { clock, process } = trialServer()
    const once = process(options)
    void once.handle(post('k1', { url }), heldHandler().handler)
    await clock.settle()
    return (await once.handle(post('k1', { url }), heldHandler().handler)).headers.get('location')
  }

  test('has the prefix that a proxy took off', async () => {
    expect(await locationAt('https://shop.example/orders?x=1', { prefix: '/api/v1' })).toBe(
      '/api/v1/orders/by-key/k1',
    )
  })

  test('never names another host', async () => {
    const location = await locationAt('https://shop.example//evil.example/orders')
    expect(new URL(location!, 'https://shop.example').href).toBe(
      'https://shop.example//evil.example/orders/by-key/k1',
    )
  })

  test.each(['api', '/api/', '/..', '/a/./b', '/', '//api', '/api?x', '/a b', 7, null])(
    'a prefix %j is a mistake',
    prefix => {
      expect(() =>
        resolveOptions({
          store: memoryStore({ maxSettled: Infinity }),
          scope: 'shop',
          prefix: prefix as string,
        }),
      ).toThrow('prefix: must be a path')
    },
  )

  test('of a path of slashes is made in time that grows with its length', async () => {
    const timed = (slashes: number) => {
      const request = new Request(`https://shop.example/${'/'.repeat(slashes)}a`, { method: 'POST' })
      const { location } = resolveOptions({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop' })
      const begin = performance.now()
      for (let turn = 0; turn < 5; turn++) location('k1', request)
      return performance.now() - begin
    }
    timed(1_000)
    // By backtracking it takes minutes.
    expect(timed(400_000)).toBeLessThan(1_000)
  })
})

describe('a seal', () => {
  test('of a key never seen refuses it for ever', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process()

    expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({
      status: 200,
      body: { status: 'canceled' },
    })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 410,
      code: 'sealed',
      replayed: true,
    })
    expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({ body: { status: 'canceled' } })
    expect(orders).toEqual([])
  })

  test('comes too late for a key in progress, done or refused, and says so', async () => {
    const { clock, process } = trialServer()
    const { handler, runs } = heldHandler()
    const once = process()
    const first = once.handle(post('k1'), handler)
    await clock.settle()
    expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({
      status: 202,
      body: { status: 'processing' },
    })
    runs[0]!.answer(Response.json({ order: 1 }, { status: 201 }))
    expect((await first).status).toBe(201)
    expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({
      status: 200,
      body: { status: 'succeeded', result: { order: 1 } },
    })
    await once.handle(post('k2'), () => new Response('no', { status: 402 }))
    expect(await told(once.seal(atKey('k2', 'DELETE')))).toMatchObject({ body: { status: 'failed' } })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, replayed: true })
  })

  test('and a first attempt that race: one of them wins', async () => {
    for (const first of ['seal', 'attempt']) {
      const { handler, orders } = shop()
      const { process } = trialServer()
      const once = process()
      const other = process()
      const seal = () => other.seal(atKey('k1', 'DELETE'))
      const attempt = () => once.handle(post('k1'), handler)
      const [a, b] = await Promise.all(first === 'seal' ? [seal(), attempt()] : [attempt(), seal()])
      const [sealed, attempted] = await Promise.all((first === 'seal' ? [a, b] : [b, a]).map(told))

      const isSealed = (sealed!.body as { status: unknown }).status === 'canceled'
      expect([attempted!.status, orders.length]).toEqual(isSealed ? [410, 0] : [201, 1])
    }
  })
})

test.each([undefined, null, 7])('a keyOf that gives no text (%j) has found no key', async given => {
  const once = trialServer().process({ keyOf: () => given as never })
  for (const ask of [once.status, once.seal])
    expect(await told(ask(atKey('k1')))).toMatchObject({ status: 400, code: 'key-invalid' })
})

describe('a conclusion', () => {
  const unknownKey = async () => {
    const trial = trialServer()
    const once = trial.process()
    await once.handle(post('k1'), () => Promise.reject(new Error('half done')))
    return { ...trial, once }
  }

  test('that it was executed, without an answer', async () => {
    const { once } = await unknownKey()
    await once.conclude('k1', { scope: 'shop', outcome: 'executed' })

    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({
      status: 200,
      body: { status: 'succeeded' },
      replayed: true,
    })
    expect(await told(once.status(atKey('k1')))).toMatchObject({ status: 200, body: { status: 'succeeded' } })
  })

  test('that it was not executed: it never is', async () => {
    const { once } = await unknownKey()
    await once.conclude('k1', { scope: 'shop', outcome: 'not-executed' })

    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({
      status: 410,
      code: 'not-executed',
      replayed: true,
    })
    expect(await told(once.status(atKey('k1')))).toMatchObject({ body: { status: 'failed' } })
    expect(await listed(once.unresolved('shop'))).toEqual([])
  })

  test('cannot undo what is settled, and changes nothing', async () => {
    const { process, events } = trialServer()
    const once = process()
    await once.handle(post('k1'), shop().handler)
    await once.seal(atKey('k2', 'DELETE'))

    await expect(once.conclude('k1', { scope: 'shop', outcome: 'not-executed' })).rejects.toMatchObject({
      code: 'conflict',
      outcome: 'executed',
      key: 'k1',
    })
    await expect(once.conclude('k2', { scope: 'shop', outcome: 'executed' })).rejects.toMatchObject({
      code: 'conflict',
      outcome: 'not-executed',
    })
    await once.conclude('k1', { scope: 'shop', outcome: 'executed' })
    expect(await told(once.status(atKey('k1')))).toMatchObject({
      body: { status: 'succeeded', result: { order: 1 } },
    })
    expect(events).not.toContain('concluded')
  })

  test('of a key at work is refused', async () => {
    const { clock, process } = trialServer()
    const once = process()
    void once.handle(post('k1'), heldHandler().handler)
    await clock.settle()
    await expect(once.conclude('k1', { scope: 'shop', outcome: 'executed' })).rejects.toMatchObject({
      code: 'still-processing',
      outcome: 'unknown',
    })
  })

  test('without a scope is a mistake', async () => {
    const { once } = await unknownKey()
    await expect(once.conclude('k1', { scope: '', outcome: 'executed' })).rejects.toMatchObject({
      code: 'configuration',
    })
  })
})
