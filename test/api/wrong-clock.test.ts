import { describe, expect, test } from 'vitest'
import {
  formatExactDate,
  formatHttpDate,
  parseExactDate,
  parseHttpDate,
} from '../../src/core/answers/http-date.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { stillonce } from '../../src/profiles/stillonce.ts'
import type { Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, reset } from './bench/scripted-server.ts'
import { START } from './bench/trial-runner.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** A world whose server has the right time, and answers with it; the device's clock is off. */
function world(deviceAheadMs: number, setup: Setup = {}) {
  const made = bench({
    retry: { attempts: 1, backoff: { base: 10, cap: 20 } },
    poll: { deadline: 1 },
    ...setup,
  })
  made.runner.jump(deviceAheadMs)
  /** The server's time in an answer, `aheadMs` off where one node's clock is wrong. */
  const dated =
    (status: number, body?: unknown, aheadMs = 0): Reply =>
    request =>
      answer(status, body, { date: formatHttpDate(START + made.clock.elapsed() + aheadMs) })(request)
  return { ...made, dated, order: made.placeOrder() }
}

describe('a device whose clock is wrong, with a server that refuses keys which it may have forgotten', () => {
  /** As stillonce/server does: by the time of the first send that it is told. */
  function judging(made: ReturnType<typeof world>): Reply {
    return request => {
      const nowAt = START + made.clock.elapsed()
      const first = parseHttpDate(request.headers['idempotency-first-sent'] ?? '', nowAt) ?? Number.NaN
      if (first > nowAt + 2.4 * HOUR)
        return made.dated(400, { type: 'urn:stillonce:first-sent-invalid' })(request)
      if (first + DAY <= nowAt) return made.dated(412, { type: 'urn:stillonce:key-expired' })(request)
      return made.dated(201, { order: 9 })(request)
    }
  }

  test.each([
    ['right', 0, 1],
    ['an hour ahead', HOUR, 1],
    ['three hours ahead', 3 * HOUR, 2],
    ['two days ahead', 2 * DAY, 2],
    ['23 hours behind', -23 * HOUR, 1],
    ['two days behind', -2 * DAY, 2],
    ['in 2010', -17 * YEAR, 2],
  ])('%s: it is executed once', async (_name, aheadMs, sends) => {
    const made = world(aheadMs, { profile: stillonce, retry: { attempts: 3 } })
    made.server.always(judging(made))
    expect(await made.clock.until(made.order.run(cart))).toEqual({ order: 9 })
    expect(made.server.requests).toHaveLength(sends)
    expect(new Set(made.server.requests.map(({ key }) => key)).size).toBe(1)
  })

  test.each([
    ['right', 0, 1],
    ['a second behind', -1_000, 1],
    ['some seconds behind', -5_000, 2],
    ['nearly a minute behind', -59_000, 2],
    ['some seconds ahead', 5_000, 1],
  ])('%s, and the server was started a moment ago: it is executed once', async (_name, aheadMs, sends) => {
    const bornAt = START - 3_000
    const made = world(aheadMs, { profile: stillonce, retry: { attempts: 3 } })
    made.server.always(request => {
      const first = parseHttpDate(request.headers['idempotency-first-sent'] ?? '', START) ?? Number.NaN
      if (first + 1_000 <= bornAt) return made.dated(412, { type: 'urn:stillonce:key-expired' })(request)
      return made.dated(201, { order: 9 })(request)
    })
    expect(await made.clock.until(made.order.run(cart))).toEqual({ order: 9 })
    expect(made.server.requests).toHaveLength(sends)
  })

  describe('a server that began a moment ago, in the middle of a second', () => {
    /** As stillonce/server does: a refusal tells its own time, with milliseconds. */
    async function paid(aheadMs: number, bornMsAgo: number, hasDate = false) {
      const made = world(aheadMs, { profile: stillonce, retry: { attempts: 4 } })
      await made.clock.advance(620)
      const bornAt = START + 620 - bornMsAgo
      made.server.always(request => {
        const nowAt = START + made.clock.elapsed()
        const first = parseExactDate(request.headers['idempotency-first-sent'] ?? '', nowAt)
        const refused = (status: number, code: string) => {
          const body = { type: `urn:stillonce:${code}`, code, date: formatExactDate(nowAt) }
          return hasDate ? made.dated(status, body)(request) : answer(status, body)(request)
        }
        if (first === undefined || first.at > nowAt + 2.4 * HOUR) return refused(400, 'first-sent-invalid')
        if (first.at + (first.isExact ? 1 : 1_000) <= bornAt || first.at + DAY <= nowAt)
          return refused(412, 'key-expired')
        return answer(201, { order: 9 })(request)
      })
      const run = made.order.start(cart).settled
      const { outcome } = await made.clock.until(run)
      return [outcome, ...made.server.requests.map(({ headers }) => headers['idempotency-first-sent'])]
    }

    test.each([
      ['two days behind', -2 * DAY, 'Wed, 13 Jan 2027 08:00:00 GMT'],
      ['23 hours behind', -23 * HOUR, 'Thu, 14 Jan 2027 09:00:00 GMT'],
      ['three hours ahead', 3 * HOUR, 'Fri, 15 Jan 2027 11:00:00 GMT'],
      ['two seconds behind', -2_000, 'Fri, 15 Jan 2027 07:59:58 GMT'],
    ])('%s: told the time to the millisecond, it is executed once', async (_name, aheadMs, told) => {
      expect(await paid(aheadMs, 100)).toEqual(['executed', told, 'Fri, 15 Jan 2027 08:00:00 GMT;ms=620'])
      expect(await paid(aheadMs, 100, true)).toHaveLength(3)
    })

    test.each([
      ['a success', 201, { order: 9, date: 'Fri, 01 Jan 2100 00:00:00 GMT' }],
      ['a refusal of its own', 503, { type: 'urn:shop:closed', date: 'Fri, 01 Jan 2100 00:00:00 GMT;ms=1' }],
    ])('a `date` of the shop itself is no time of the server: %s', async (_name, status, body) => {
      const made = world(0, { profile: stillonce, retry: { attempts: 3 } })
      made.server.script(made.dated(status, body), ...Array(3).fill(made.dated(201, { order: 9 })))
      await made.clock.until(made.order.start(cart).settled)
      await made.clock.until(made.order.start({ ...cart, id: 'cart-43' }).settled)
      expect(made.server.requests.length).toBeGreaterThan(1)
      for (const { headers } of made.server.requests)
        expect(headers['idempotency-first-sent']).toBe('Fri, 15 Jan 2027 08:00:00 GMT')
    })

    test('what was first sent before it stays refused', async () => {
      const [outcome, first, ...others] = await paid(-2 * DAY, -300)
      expect([outcome, first]).toEqual(['unknown', 'Wed, 13 Jan 2027 08:00:00 GMT'])
      for (const other of others) expect(other).toBe('Fri, 15 Jan 2027 08:00:00 GMT;ms=620')
    })
  })

  test('what was lost at first is told the time of its first send', async () => {
    const made = world(-2 * DAY, {
      profile: stillonce,
      retry: { attempts: 3, backoff: { base: 9_000, cap: 9_000 } },
    })
    made.server.script(reset)
    made.server.always(judging(made))
    expect(await made.clock.until(made.order.run(cart))).toEqual({ order: 9 })
    const told = made.server.requests.map(({ headers }) => headers['idempotency-first-sent'])
    expect(told).toEqual([
      'Wed, 13 Jan 2027 08:00:00 GMT',
      'Wed, 13 Jan 2027 08:00:00 GMT',
      // A Date is cut to the second.
      'Fri, 15 Jan 2027 07:59:59 GMT',
    ])
  })

  test('a server that tells no time leaves it as it is, and the clock is named', async () => {
    const { order, clock, server } = world(-2 * DAY, { profile: stillonce, retry: { attempts: 2 } })
    server.always(answer(412, { type: 'urn:stillonce:key-expired' }))
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message: expect.stringContaining('the clock of this device may be wrong'),
    })
  })
})

test('an answer that was slept through tells an old time: the next first send is told as it is', async () => {
  const long = { timeout: 3 * HOUR, deadline: 4 * HOUR }
  const { order, runner, clock, server, dated } = world(0, { profile: stillonce, ...long })
  server.script(dated(201, { order: 9 }))
  runner.freezeAt('after-fetch')
  const slept = order.start(cart)
  await clock.advance(2 * HOUR)
  await runner.thaw()
  await clock.until(slept.settled)

  server.script(dated(201, { order: 10 }))
  await clock.until(order.run({ id: 'cart-43' }))
  expect(server.requests.map(({ headers }) => headers['idempotency-first-sent'])).toEqual([
    formatHttpDate(START),
    formatHttpDate(START + 2 * HOUR),
  ])
})

describe('one wrong Date of one node', () => {
  test.each([
    ['a year ahead', YEAR],
    ['a year behind', -YEAR],
  ])('%s, neither ends the run nor the key', async (_name, aheadMs) => {
    const { order, clock, server, dated } = world(0, { retry: { attempts: 6 } })
    server.script(dated(503), dated(503, undefined, aheadMs), dated(503), dated(201, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('in the first answer, neither', async () => {
    const { order, clock, server, dated } = world(0, { retry: { attempts: 6 } })
    server.script(dated(503, undefined, -YEAR), dated(503), dated(503), dated(201, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('in the first answer that the next process gets, neither', async () => {
    const { order, another, clock, server, dated } = world(0, { retry: { attempts: 1 } })
    server.script(reset)
    await clock.until(ending(order.run(cart)))
    const later = another().placeOrder({ retry: { attempts: 6, backoff: { base: 10, cap: 20 } } })
    server.script(dated(503, undefined, -YEAR), dated(503), dated(503), dated(201, { order: 9 }))
    expect(await clock.until(later.run(cart))).toEqual({ order: 9 })
  })

  test.each([
    [
      'of a cache',
      (reply: Reply): Reply =>
        async request =>
          withHeader(await reply(request), 'age', '7200'),
    ],
    [
      'of a page',
      (reply: Reply): Reply =>
        async request =>
          withHeader(await reply(request), 'content-type', 'text/html', '<!doctype html><p>bad gateway'),
    ],
  ])('%s tells nothing, though it comes twice', async (_name, by) => {
    const { order, clock, server, dated, record } = world(0, { retry: { attempts: 3 } })
    const wrong = by(dated(503, undefined, YEAR))
    server.script(wrong, wrong, reset)
    await clock.until(ending(order.run(cart)))
    const stored = await record()
    expect(stored).not.toHaveProperty('firstSentServerAt')
    expect(stored).not.toHaveProperty('serverOffsetMs')
  })
})

describe('a clock that is set', () => {
  /** Begun with two answers, by a device that is two days behind. */
  async function begun(setup: Setup = {}) {
    const made = world(-2 * DAY, { retry: { attempts: 2, backoff: { base: 10, cap: 20 } }, ...setup })
    made.server.script(made.dated(503), made.dated(503))
    await made.clock.until(ending(made.order.run(cart)))
    made.runner.jump(2 * DAY)
    return made
  }

  test('the record holds the time of the first send by the server', async () => {
    const { record } = await begun()
    expect(await record()).toMatchObject({
      firstSentAt: START - 2 * DAY,
      firstSentServerAt: START,
      keyRetentionMs: DAY,
    })
  })

  test('put right, it ends what cannot be told from two days of sleep, by its name', async () => {
    const { order, clock, server } = await begun()
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'key-expired',
      outcome: 'unknown',
      message: expect.stringContaining(
        'what has passed since on the clock of this device (if that clock was set meanwhile, the request is sent again',
      ),
    })
    expect(server.requests).toHaveLength(2)
  })

  test('put right, and the server tells its time: the key is sent again', async () => {
    const { placeOrder, clock, server, dated } = await begun()
    const read = () => ({ absent: true }) as const
    const order = placeOrder({ redefine: true, status: { request: () => ({ url: 'orders/by-key' }), read } })
    server.script(dated(404), dated(201, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET', 'POST'])
  })

  test('put right before the next process, which has heard the server twice: the key is sent again', async () => {
    const { another, clock, server, dated } = await begun()
    const later = another()
    const order = later.placeOrder()
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'key-expired',
      message: expect.stringContaining('by the clock of this device (if that clock was set meanwhile'),
    })
    server.script(dated(201, { order: 1 }), dated(201, { order: 2 }), dated(201, { order: 9 }))
    await clock.until(order.run({ id: 'other' }))
    await clock.until(order.run({ id: 'third' }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('set back by the next process, it hides no age that the server knows', async () => {
    const { another, clock, server, dated } = await begun()
    await clock.advance(DAY)
    const later = another()
    later.runner.jump(-DAY)
    const order = later.placeOrder()
    server.script(dated(201, { order: 1 }), dated(201, { order: 2 }))
    await clock.until(order.run({ id: 'other' }))
    await clock.until(order.run({ id: 'third' }))
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'key-expired',
      message: expect.stringContaining("by the server's own clock"),
    })
    expect(server.requests).toHaveLength(4)
  })
})

describe('sleep that no clock of the device shows, because one stood still and the other was set back', () => {
  /** Begun with two answers that tell the time; since then the server's clock has gone on for two days. */
  async function begun() {
    const made = world(0, { retry: { attempts: 2, backoff: { base: 10, cap: 20 } } })
    made.server.script(made.dated(503), made.dated(503))
    await made.clock.until(ending(made.order.run(cart)))
    const read = () => ({ absent: true }) as const
    const status = { request: () => ({ url: 'orders/by-key' }), read }
    return { ...made, asking: () => made.placeOrder({ redefine: true, status }) }
  }

  test('the first answer that tells it is confirmed by another before the key is used: it is too old', async () => {
    const { asking, clock, server, dated } = await begun()
    const order = asking()
    server.script(dated(404, undefined, 2 * DAY), dated(404, undefined, 2 * DAY))
    // Its first step is to send: only an ask can show it that time has passed.
    expect(await clock.until(order.settle(cart))).toMatchObject({ outcome: 'unknown' })
    server.always(dated(404, undefined, 2 * DAY))
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    expect(server.requests.map(({ method }) => method).filter(method => method === 'POST')).toHaveLength(2)
  })

  test('one wrong Date costs one more ask', async () => {
    const { asking, clock, server, dated, order: other } = await begun()
    server.script(dated(201, { order: 1 }, 2 * DAY))
    await clock.until(other.run({ id: 'other' }))
    server.script(dated(404), dated(201, { order: 9 }))
    expect(await clock.until(asking().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST', 'GET', 'POST'])
  })

  test('a clock that was set back is asked about first', async () => {
    const { asking, clock, server, dated, runner } = await begun()
    runner.jump(-3 * HOUR)
    server.script(dated(404), dated(201, { order: 9 }))
    expect(await clock.until(asking().run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET', 'POST'])
  })

  test('where nothing can be asked, one Date proves nothing', async () => {
    const { order, clock, server, dated } = await begun()
    server.script(dated(201, { order: 1 }, 2 * DAY), dated(201, { order: 9 }))
    await clock.until(order.run({ id: 'other' }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('nor is a key sealed that may be too old, until the server was asked', async () => {
    const { placeOrder, order: other, clock, server, dated } = await begun()
    server.script(dated(201, { order: 1 }, 2 * DAY))
    await clock.until(other.run({ id: 'other' }))
    const request = () => ({ url: 'orders/by-key' })
    const cancel = { request, read: () => ({ sealed: true }) as const }
    const status = { request, read: () => ({ absent: true }) as const }
    const order = placeOrder({ redefine: true, cancel, status })
    server.always(dated(200))
    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'unresolved', message: expect.stringContaining('`settle`, which asks the server') },
    })
    expect(server.requests).toHaveLength(3)
    await clock.until(order.settle(cart))
    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed' },
    })
  })

  test('where nothing can be asked, one Date forbids no seal', async () => {
    const { placeOrder, order: other, clock, server, dated } = await begun()
    server.script(dated(201, { order: 1 }, 2 * DAY))
    await clock.until(other.run({ id: 'other' }))
    const cancel = { request: () => ({ url: 'orders/by-key' }), read: () => ({ sealed: true }) as const }
    server.always(dated(200))
    const order = placeOrder({ redefine: true, cancel })
    expect(await clock.until(order.cancel(cart))).toMatchObject({ outcome: 'not-executed' })
  })
})

describe('a deployment with another retention', () => {
  const keeps = (retention: number) => defineProfile({ name: 'acme', honoursKeys: true, retention })

  test.each([
    ['longer: that of the first send counts', 2 * DAY, 10 * DAY],
    ['shorter: that of now counts', 10 * DAY, 2 * DAY],
  ])('%s', async (_name, before, after) => {
    const { order, another, clock, server } = world(0, { profile: keeps(before) })
    server.script(reset)
    await clock.until(ending(order.run(cart)))
    const later = another({ profile: keeps(after), retry: { attempts: 1 } }).placeOrder()
    await clock.advance(1.8 * DAY - clock.elapsed() - 1)
    server.script(reset)
    expect((await clock.until(ending(later.run(cart)))).error).toMatchObject({ code: 'unresolved' })
    await clock.advance(2)
    expect((await clock.until(ending(later.run(cart)))).error).toMatchObject({ code: 'key-expired' })
    expect(server.requests).toHaveLength(2)
  })
})

function withHeader(response: Response, name: string, value: string, body?: string): Response {
  const headers = new Headers(response.headers)
  headers.set(name, value)
  if (body !== undefined) headers.set('content-length', String(body.length))
  return new Response(body ?? null, { status: response.status, headers })
}
