import { describe, expect, test } from 'vitest'
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
        status: path.endsWith('%A') ? 404 : 400,
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
