import { describe, expect, test } from 'vitest'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

/** When the second request came, after an answer with this Retry-After. */
async function secondAt(
  status: number,
  value: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const { placeOrder, server, clock } = bench({ retry: { backoff: { base: 400 } } })
  server.script(answer(status, undefined, { 'retry-after': value, ...headers }), answer(201, { order: 9 }))
  await clock.until(ending(placeOrder().run(cart)))
  return server.requests[1]?.at
}

describe('Retry-After', () => {
  test.each([
    ['seconds', '7', 7_000],
    ['no time at all', '0', 200],
    ['an HTTP-date', 'Fri, 15 Jan 2027 08:00:09 GMT', 9_000],
    ['the date of RFC 850', 'Friday, 15-Jan-27 08:00:09 GMT', 9_000],
    ['the date of asctime', 'Fri Jan 15 08:00:09 2027', 9_000],
    ['spaces around it', '  7  ', 7_000],
  ])('is waited for: %s', async (_, value, at) => {
    expect(await secondAt(503, value)).toBe(at)
    expect(await secondAt(429, value)).toBe(at)
  })

  test.each([
    ['negative', '-5'],
    ['a date that has passed', 'Fri, 15 Jan 2027 07:59:59 GMT'],
    ['a fraction', '1.5'],
    ['an exponent', '1e3'],
    ['hexadecimal', '0x10'],
    ['a word', 'soon'],
    ['nothing', ''],
    ['not a number', 'NaN'],
    ['for ever', 'Infinity'],
    ['beyond 30 days', '2592001'],
    ['beyond any timer', '99999999999999'],
    ['a date of another calendar', '2027-01-15T08:00:09Z'],
    ['two of them', '5, 7'],
  ])('that cannot be believed is ignored: %s', async (_, value) => {
    expect(await secondAt(503, value)).toBe(200)
  })

  test.each([
    ['days behind', 'Wed, 20 Jan 2027 08:00:00 GMT', 'Wed, 20 Jan 2027 08:00:09 GMT', {}, 9_000],
    ['years behind', 'Sat, 15 Jan 2028 08:00:00 GMT', 'Sat, 15 Jan 2028 08:00:09 GMT', {}, 9_000],
    ['hours ahead', 'Fri, 15 Jan 2027 05:00:00 GMT', 'Fri, 15 Jan 2027 05:00:09 GMT', {}, 9_000],
    [
      'ahead, and the date has passed',
      'Fri, 15 Jan 2027 05:00:00 GMT',
      'Fri, 15 Jan 2027 05:00:00 GMT',
      {},
      200,
    ],
    [
      'right, and the answer a kept one',
      'Fri, 15 Jan 2027 05:00:00 GMT',
      'Fri, 15 Jan 2027 08:00:09 GMT',
      { age: '10800' },
      9_000,
    ],
    ['right, and its Date is none', '2027-01-15', 'Fri, 15 Jan 2027 08:00:09 GMT', {}, 9_000],
  ])(
    'a date counts from the `Date` beside it, where the clock of this device is %s',
    async (_, date, value, headers, at) => {
      expect(await secondAt(503, value, { date, ...headers })).toBe(at)
    },
  )

  test('so does that of an answer to a question', async () => {
    const { placeOrder, server, clock } = bench()
    const headers = {
      date: 'Wed, 20 Jan 2027 08:00:00 GMT',
      'retry-after': 'Wed, 20 Jan 2027 08:00:09 GMT',
      location: '/jobs/1',
    }
    server.script(answer(202, undefined, { location: '/jobs/1' }), answer(202, undefined, headers))
    server.always(answer(200, { order: 9 }))
    await clock.until(ending(placeOrder().run(cart)))

    const [, first, second] = server.requests.map(({ at }) => at)
    expect((second ?? 0) - (first ?? 0)).toBe(9_000)
  })

  test('is told as whole ms, as `Date.now` has them, though monotonic clocks have fractions', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 60_000 })
    server.script(
      answer(503, undefined, { 'retry-after': '7' }),
      answer(429, undefined, { 'retry-after': '3600' }),
    )
    await clock.advance(0.25)
    const run = placeOrder().start(cart)
    const shown: (number | undefined)[] = []
    run.subscribe(() => shown.push(run.snapshot.retryAt))

    expect(await clock.until(run.settled)).toMatchObject({ error: { retryAt: 1_800_003_607_001 } })
    expect(shown).toContain(1_800_000_007_001)
  })

  test('beyond the deadline the run ends at once, and says when to come again', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 60_000 })
    server.script(answer(429, undefined, { 'retry-after': '3600' }))
    const run = placeOrder().start(cart)

    expect(await clock.until(run.settled)).toMatchObject({
      outcome: 'not-executed',
      error: {
        code: 'unresolved',
        retryAt: 1_800_003_600_000,
        message: expect.stringContaining('The server asks to wait past the deadline.'),
      },
    })
    expect(run.snapshot.retryAt).toBe(1_800_003_600_000)
    expect(clock.elapsed()).toBe(0)
  })

  test('beyond the deadline after an attempt that may have executed it is unknown', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 60_000 })
    server.script(answer(503, undefined, { 'retry-after': '3600' }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      outcome: 'unknown',
      retryAt: 1_800_003_600_000,
    })
  })

  test('the key is kept for the next call', async () => {
    const { placeOrder, server, clock } = bench({ deadline: 60_000 })
    server.script(answer(503, undefined, { 'retry-after': '3600' }), answer(201, { order: 9 }))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('within the deadline it goes before poll.interval.max', async () => {
    const { placeOrder, server, clock } = bench({ poll: { interval: { min: 500, max: 5_000 } } })
    server.script(answer(202, undefined, { 'retry-after': '60' }), answer(201, { order: 9 }))
    await clock.until(placeOrder().run(cart))

    expect(server.requests.map(({ at }) => at)).toEqual([0, 60_000])
  })

  test('beyond poll.deadline a run that polls ends, and says when to come again', async () => {
    const { placeOrder, server, clock } = bench({ poll: { deadline: 30_000 } })
    server.script(answer(202, undefined, { 'retry-after': '60' }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'still-processing',
      outcome: 'unknown',
      retryAt: 1_800_000_060_000,
    })
    expect(clock.elapsed()).toBe(0)
  })

  test('that of a poll counts for the next poll', async () => {
    const { placeOrder, server, clock } = bench({ poll: { interval: { min: 500, max: 500 } } })
    server.script(
      answer(202, undefined, { location: '/api/orders/9/status' }),
      answer(202, undefined, { 'retry-after': '20' }),
      answer(200, { status: 'done', result: { order: 9 } }),
    )
    await clock.until(placeOrder().run(cart))

    expect(server.requests.map(({ at }) => at)).toEqual([0, 500, 20_500])
  })

  test('what status.read gives in ms goes before the header', async () => {
    const { placeOrder, server, clock } = bench({
      retry: { attempts: 1 },
      poll: { interval: { min: 500, max: 500 } },
    })
    server.script(reset, answer(200, { at: 1 }, { 'retry-after': '20' }), answer(200, { at: 2 }))
    let reads = 0
    const order = placeOrder({
      status: {
        request: () => ({ url: 'orders/1' }),
        read: () =>
          ++reads === 1
            ? { processing: true, retryAfter: 3_000 }
            : { outcome: 'executed', data: { order: 9 } },
      },
    })
    await clock.until(order.run(cart))

    expect(server.requests.map(({ at }) => at)).toEqual([0, 500, 3_500])
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '7'])(
    'a retryAfter of status.read that is none is ignored: %s',
    async retryAfter => {
      const { placeOrder, server, clock } = bench({
        retry: { attempts: 1 },
        poll: { interval: { min: 500, max: 500 } },
      })
      server.script(reset, answer(200, {}), answer(200, {}))
      let reads = 0
      const order = placeOrder({
        status: {
          request: () => ({ url: 'orders/1' }),
          read: () =>
            ++reads === 1
              ? { processing: true, retryAfter: retryAfter as number }
              : { outcome: 'executed', data: { order: 9 } },
        },
      })
      await clock.until(order.run(cart))

      expect(server.requests.map(({ at }) => at)).toEqual([0, 500, 1_000])
    },
  )
})

describe('should-retry hints', () => {
  test('stop ends the attempts, and says nothing of the outcome', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(503, undefined, { 'stripe-should-retry': 'false' }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('retry makes another attempt of what would not be tried again, under the same key', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(401, undefined, { 'x-should-retry': 'true' }), answer(201, { order: 9 }))

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('retry does not open what is settled', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(402, undefined, { 'x-should-retry': 'true' }))

    expect((await clock.until(ending(placeOrder().run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
    })
    expect(server.requests).toHaveLength(1)
  })
})
