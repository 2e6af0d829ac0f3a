import { describe, expect, test } from 'vitest'
import type { Execution } from '../../src/server/execution.ts'
import { NotExecuted } from '../../src/server/answer/not-executed.ts'
import { atKey, BEGIN, heldHandler, post, shop, told, trialServer } from './trial-server.ts'

describe('a request with a key', () => {
  test('is executed once, and its answer is given again with the mark of a replay', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process()

    const first = await told(once.handle(post('k1'), handler))
    const second = await told(once.handle(post('k1'), handler))

    expect(orders).toEqual(['{"item":"tea"}'])
    expect(first).toMatchObject({ status: 201, body: { order: 1 }, replayed: false })
    expect(second).toMatchObject({ status: 201, body: { order: 1 }, replayed: true })
    expect(second.headers.get('content-type')).toBe('application/json')
  })

  test('is the same raw and quoted', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process()

    await once.handle(post('k1'), handler)
    expect(await told(once.handle(post('"k1"'), handler))).toMatchObject({ status: 201, replayed: true })
    expect(orders).toHaveLength(1)
  })

  test('is another in another scope', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process({ scope: request => request.headers.get('x-user') ?? '' })

    await once.handle(post('k1', { headers: { 'x-user': 'anna' } }), handler)
    await once.handle(post('k1', { headers: { 'x-user': 'bert' } }), handler)
    expect(orders).toHaveLength(2)
  })

  test.each([
    ['another body', { body: '{"item":"coffee"}' }],
    ['another path', { url: 'https://shop.example/refunds' }],
    ['another query', { url: 'https://shop.example/orders?express=1' }],
  ])('and %s is refused as a mismatch', async (_, init) => {
    const { handler, orders } = shop()
    const once = trialServer().process()

    await once.handle(post('k1'), handler)
    expect(await told(once.handle(post('k1', init), handler))).toMatchObject({
      status: 422,
      body: { type: 'urn:stillonce:payload-mismatch', title: 'The key was used for another request' },
      replayed: false,
    })
    expect(orders).toHaveLength(1)
  })

  test('that says that nothing happened does not answer with a success', async () => {
    const { process } = trialServer()
    const sold = () => {
      throw new NotExecuted('sold out', { response: Response.json({ order: 7 }, { status: 201 }) })
    }
    expect(await told(process().handle(post('k1'), sold))).toMatchObject({
      status: 503,
      code: 'nothing-happened',
    })
  })

  test.each([undefined, null, 7, { item: 'tea' }])(
    'whose fingerprint is no text (%j) is a mistake: it would be the same as any other',
    async given => {
      const { handler, orders } = shop()
      const once = trialServer().process({ fingerprint: () => given as never })
      await expect(once.handle(post('k1'), handler)).rejects.toThrow('fingerprint: must give a text')
      expect(orders).toEqual([])
    },
  )

  test('may differ in what its fingerprint leaves out', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process({
      fingerprint: (_, body) => String(JSON.parse(new TextDecoder().decode(body)).item),
    })

    await once.handle(post('k1'), handler)
    const again = await told(once.handle(post('k1', { body: '{"item":"tea","at":2}' }), handler))
    const other = await told(once.handle(post('k1', { body: '{"item":"coffee"}' }), handler))
    expect([again.status, other.status, orders.length]).toEqual([201, 422, 1])
  })

  test('is told 409 while the first is in progress, with Retry-After and where to ask', async () => {
    const { handler, runs } = heldHandler()
    const once = trialServer().process()
    const first = told(once.handle(post('k/1'), handler))
    const second = await told(once.handle(post('k/1'), handler))

    expect(second).toMatchObject({ status: 409, code: 'in-progress' })
    expect(second.headers.get('retry-after')).toBe('1')
    expect(second.headers.get('location')).toBe('/orders/by-key/~6b2f31')
    runs[0]!.answer(new Response('done'))
    expect(await first).toMatchObject({ status: 200, body: 'done' })
    expect(runs).toHaveLength(1)
  })

  test('is told 202 by option', async () => {
    const { handler } = heldHandler()
    const once = trialServer().process({ inProgress: 202, retryAfter: 2_500, location: () => undefined })
    void once.handle(post('k1'), handler)
    const second = await told(once.handle(post('k1'), handler))

    expect(second).toMatchObject({ status: 202, body: { status: 'processing' } })
    expect(second.headers.get('retry-after')).toBe('3')
    expect(second.headers.has('location')).toBe(false)
  })

  test('waits for the answer up to a bound, in the same process and in another', async () => {
    const { clock, process } = trialServer()
    const { handler, runs } = heldHandler()
    const here = process({ wait: 5_000 })
    const first = here.handle(post('k1'), handler)
    await clock.settle()
    const joined = here.handle(post('k1'), handler)
    const elsewhere = process({ wait: 5_000 }).handle(post('k1'), handler)
    await clock.advance(1_000)
    runs[0]!.answer(new Response('done', { status: 201 }))

    expect(await told(clock.until(first))).toMatchObject({ status: 201, replayed: false })
    expect(await told(clock.until(joined))).toMatchObject({ status: 201, body: 'done', replayed: true })
    expect(clock.elapsed()).toBe(1_000)
    expect(await told(clock.until(elsewhere))).toMatchObject({ status: 201, body: 'done', replayed: true })
    expect(clock.elapsed()).toBeLessThan(2_000)
  })

  test('is told that it is in progress when the bound has passed', async () => {
    const { clock, process } = trialServer()
    const { handler } = heldHandler()
    void process().handle(post('k1'), handler)
    await clock.settle()

    const waiting = process({ wait: 5_000 }).handle(post('k1'), handler)
    expect(await told(clock.until(waiting))).toMatchObject({ status: 409, code: 'in-progress' })
    expect(clock.elapsed()).toBe(5_000)
  })
})

describe('an answer that is given again', () => {
  test('has the headers of the list, and no cookie', async () => {
    const once = trialServer().process({ replayHeaders: ['Content-Type', 'X-Receipt'] })
    const headers = {
      'content-type': 'text/plain',
      'x-receipt': '7',
      'x-secret': 'no',
      'set-cookie': 'session=1',
      etag: '"1"',
    }
    const handler = () => new Response('done', { headers })

    const first = await told(once.handle(post('k1'), handler))
    const second = await told(once.handle(post('k1'), handler))
    expect(first.headers.get('set-cookie')).toBe('session=1')
    expect(Object.fromEntries(second.headers)).toEqual({
      'content-type': 'text/plain',
      'x-receipt': '7',
      'idempotency-key': 'k1',
      'idempotent-replayed': 'true',
      'cache-control': 'no-store',
    })
  })

  test('is the same to the byte, text or not', async () => {
    const bytes = Uint8Array.from([0, 255, 128, 10, 13, 0])
    const once = trialServer().process()
    for (const [key, body] of [
      ['binary', bytes],
      ['text', new TextEncoder().encode('\u{FEFF}äß∂')],
    ] as const) {
      await once.handle(post(key), () => new Response(body))
      const again = await once.handle(post(key), () => new Response('other'))
      expect(new Uint8Array(await again.arrayBuffer()), key).toEqual(body)
      expect(again.headers.has('content-type'), key).toBe(false)
    }
  })

  test('is without a body where it had none', async () => {
    const once = trialServer().process()
    const first = await once.handle(post('k1'), () => new Response(null, { status: 204 }))
    const again = await once.handle(post('k1'), () => new Response('other'))
    expect([first.status, first.body, again.status, again.body]).toEqual([204, null, 204, null])
  })

  test('keeps its status, and not its body, where that is too large: the first one goes out whole', async () => {
    const once = trialServer().process({ maxAnswerBytes: 10 })
    const handler = () => new Response('x'.repeat(5_000), { status: 201 })

    const first = await told(once.handle(post('k1'), handler))
    const again = await told(once.handle(post('k1'), handler))
    expect(first).toMatchObject({ status: 201, body: 'x'.repeat(5_000) })
    expect(again).toMatchObject({ status: 201, body: '', replayed: true })
    expect(again.headers.has('content-type')).toBe(false)
  })
})

describe('which answers are kept', () => {
  test.each([400, 402, 404, 409, 429, 500, 503])('by default a %s is kept too', async status => {
    let runs = 0
    const handler = () => new Response(`run ${(runs += 1)}`, { status })
    const once = trialServer().process()

    await once.handle(post('k1'), handler)
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status,
      body: 'run 1',
      replayed: true,
    })
  })

  test('a refusal that is not kept leaves the key free', async () => {
    let runs = 0
    const handler = () => new Response(null, { status: (runs += 1) === 1 ? 429 : 201 })
    const once = trialServer().process({ stores: response => response.ok })

    expect((await once.handle(post('k1'), handler)).status).toBe(429)
    expect((await once.handle(post('k1'), handler)).status).toBe(201)
  })

  test('a success that is not kept is a success all the same: it never happens again', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process({ stores: () => false })

    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, body: { order: 1 } })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 201,
      body: '',
      replayed: true,
    })
    expect(orders).toHaveLength(1)
  })

  test('a 500 that is not kept may have half happened: the key is kept', async () => {
    let runs = 0
    const handler = () => new Response(`run ${(runs += 1)}`, { status: 500 })
    const once = trialServer().process({ stores: response => response.ok })

    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 500, body: 'run 1' })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 500,
      code: 'outcome-unknown',
    })
    expect(runs).toBe(1)
  })
})

describe('a handler that throws', () => {
  test('keeps the key: the outcome is unknown, and it is not run again', async () => {
    const seen: unknown[] = []
    const once = trialServer().process({ onError: error => seen.push(error) })
    const error = new Error('secret: the database broke')
    const first = await told(
      once.handle(post('k1'), () => {
        throw error
      }),
    )
    const again = await told(once.handle(post('k1'), shop().handler))

    expect(first).toMatchObject({
      status: 500,
      body: { type: 'urn:stillonce:outcome-unknown' },
      replayed: false,
    })
    expect(again).toMatchObject({ status: 500, code: 'outcome-unknown', replayed: true })
    expect(JSON.stringify([first, again])).not.toContain('secret')
    expect(seen).toEqual([error])
  })

  test('NotExecuted frees the key, and says what to answer', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process()
    const busy = () => {
      throw new NotExecuted('rolled back', { response: new Response('busy', { status: 503 }) })
    }
    const rolledBack = () => Promise.reject(new NotExecuted())

    expect(await told(once.handle(post('k1'), busy))).toMatchObject({ status: 503, body: 'busy' })
    const second = await told(once.handle(post('k1'), rolledBack))
    expect(second).toMatchObject({ status: 503, code: 'nothing-happened' })
    expect(second.headers.get('retry-after')).toBe('1')
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, replayed: false })
    expect(orders).toHaveLength(1)
  })

  test('an error that the owner declares harmless frees the key and goes on to the caller', async () => {
    const once = trialServer().process({ nothingHappened: error => error instanceof RangeError })
    const refuse = () => {
      throw new RangeError('out of stock')
    }

    await expect(once.handle(post('k1'), refuse)).rejects.toThrow('out of stock')
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ status: 201 })
  })

  test('runs again where it is resumable, and knows it', async () => {
    const once = trialServer().process({ resumable: true })
    const runs: { fence: number; resumed: boolean; charge: string }[] = []
    const handler = async (_: Request, execution: Execution) => {
      const { fence, resumed } = execution
      runs.push({ fence, resumed, charge: await execution.deriveKey('charge') })
      if (runs.length === 1) throw new Error('half done')
      return new Response('done')
    }

    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ code: 'outcome-unknown' })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 200, body: 'done' })
    expect(runs.map(({ fence, resumed }) => [fence, resumed])).toEqual([
      [1, false],
      [2, true],
    ])
    expect(runs[0]!.charge).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(runs[1]!.charge).toBe(runs[0]!.charge)
  })

  test('does not run again where only the second one is declared resumable', async () => {
    const once = trialServer().process()
    await once.handle(post('k1'), () => Promise.reject(new Error('half done')))
    const again = once.handle(post('k1'), shop().handler, { resumable: true })
    expect(await told(again)).toMatchObject({ code: 'outcome-unknown' })
  })
})

describe('without a key', () => {
  test('a request is refused, and a safe one needs none', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process()

    expect(await told(once.handle(post(undefined), handler))).toMatchObject({
      status: 400,
      code: 'key-missing',
    })
    expect(orders).toEqual([])
    const read = await once.handle(new Request('https://shop.example/orders'), handler)
    expect(read.status).toBe(201)
  })

  test('a request is executed each time where a key is not required', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process({ required: false })
    await once.handle(post(undefined), handler)
    await once.handle(post(undefined), handler)
    expect(orders).toHaveLength(2)
  })
})

describe('the memory', () => {
  const sent = (at: number) => ({ headers: { 'idempotency-first-sent': new Date(at).toUTCString() } })

  test('refuses a key that was first sent before it begins, instead of executing it', async () => {
    const { clock, now, process } = trialServer()
    const { handler, orders } = shop()
    const once = process({ retention: 3_600_000 })
    await once.handle(post('k0'), shop().handler)
    await clock.advance(7_200_000)

    expect(await told(once.handle(post('k1', sent(now() - 3_600_000)), handler))).toMatchObject({
      status: 412,
      code: 'key-expired',
      replayed: false,
    })
    expect(orders).toEqual([])
    expect((await once.handle(post('k2', sent(now() - 3_599_000)), handler)).status).toBe(201)
  })

  test('lasts for the retention and a margin for clocks that differ, and then the first-send time refuses', async () => {
    const { clock, process } = trialServer()
    const { handler, orders } = shop()
    const once = process({ retention: 3_600_000 })
    await once.handle(post('k1', sent(BEGIN)), handler)

    await clock.advance(3_900_000)
    expect(await told(once.handle(post('k1', sent(BEGIN)), handler))).toMatchObject({ replayed: true })
    await clock.advance(60_001)
    expect(await told(once.handle(post('k1', sent(BEGIN)), handler))).toMatchObject({ code: 'key-expired' })
    expect(orders).toHaveLength(1)
  })

  test('never forgets what is unknown; a seal lasts as long as an answer does', async () => {
    const { clock, process } = trialServer()
    const once = process({ retention: 60_000 })
    await once.handle(post('k1'), () => Promise.reject(new Error('half done')))
    await once.seal(atKey('k2', 'DELETE'))
    await clock.advance(119_000)
    expect(await told(once.handle(post('k2'), shop().handler))).toMatchObject({ status: 410, code: 'sealed' })
    await clock.advance(400 * 86_400_000)

    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ code: 'outcome-unknown' })
    const late = post('k2', { headers: { 'idempotency-first-sent': new Date(BEGIN).toUTCString() } })
    expect(await told(once.handle(late, shop().handler))).toMatchObject({ status: 412, code: 'key-expired' })
  })
})

test('wrap makes a handler of its own, with its own declaration', async () => {
  const { clock, process } = trialServer()
  const { handler, runs } = heldHandler()
  const dead = process({ lease: 1_000 }).wrap(handler, { resumable: true })
  const alive = process({ lease: 1_000 }).wrap(() => new Response('done'), { resumable: true })
  void dead(post('k1'))
  await clock.settle()

  expect((await alive(post('k1'))).status).toBe(409)
  expect(runs).toHaveLength(1)
})
