import { describe, expect, test } from 'vitest'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

const words = defineProfile({ name: 'words', honoursKeys: false, retention: 1e12, status: {} })
const keyed = defineProfile({ name: 'keyed', honoursKeys: true, cancel: {} })
/** Takes whatever it is given. */
const lenient = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const

/** Sends the order once, whose answer is lost, and asks: each question is redirected, and this is there. */
async function redirected(status: number, location: string, there: Parameters<typeof answer>, more = {}) {
  const { placeOrder, server, clock } = bench({
    profile: words,
    retry: { attempts: 1 },
    deadline: 5_000,
    poll: { interval: { min: 200, max: 400 } },
  })
  const own = answer(status, undefined, { location })
  server.script(reset, ...Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? own : answer(...there))))
  server.always(answer(503))
  const order = placeOrder({ status: { request: () => ({ url: 'status/9' }), absentAfter: 0 }, ...more })
  const settled = await clock.until(order.start(cart).settled)
  return { outcome: settled.outcome, server }
}

describe('the answer of another resource, to which a question was led', () => {
  const absent = {
    read: () => ({ absent: true }) as const,
    request: () => ({ url: 'status/9' }),
    absentAfter: 0,
  }

  test.each([301, 302, 303, 307])('by %i proves neither absence nor a failure', async status => {
    for (const there of [
      [404, { code: 'not_found' }],
      [200, { status: 'failed' }],
    ] as const) {
      expect((await redirected(status, '/login', [...there])).outcome).toBe('unknown')
    }
    expect((await redirected(status, '/login', [404, {}], { status: absent })).outcome).toBe('unknown')
  })

  test.each([301, 302])('by %i brings no result either, whatever `response` takes', async status => {
    const { outcome } = await redirected(status, '/login', [200, { login: '/sso' }], { response: lenient })
    expect(outcome).toBe('unknown')
    expect((await redirected(status, '/login', [200, { status: 'done' }])).outcome).toBe('unknown')
  })

  test.each([
    [303, 'executed'],
    [307, 'unknown'],
  ] as const)('by %i may say that it was executed; without a word: %s', async (status, outcome) => {
    expect((await redirected(status, '/orders/9', [200, { status: 'done' }])).outcome).toBe('executed')
    const wordless = await redirected(status, '/orders/9', [200, { order: 9 }], { response: lenient })
    expect(wordless.outcome).toBe(outcome)
  })

  test.each([
    [308, '/v2/status/9'],
    [301, '/api/status/9/'],
  ])('but a %i to %s is the same place', async (status, location) => {
    expect((await redirected(status, location, [200, { status: 'failed' }])).outcome).toBe('not-executed')
    expect((await redirected(status, location, [404, {}])).outcome).toBe('not-executed')
  })

  test.each([302, 307])('a %i that is not followed proves no absence, whatever `read` says', async status => {
    const read = (response: { readonly status: number }) => {
      if (response.status === status) return { absent: true } as const
      throw new Error('inconclusive')
    }
    const there = { status: { ...absent, read } }
    const { outcome, server } = await redirected(status, 'https://evil.test/', [503], there)
    expect(outcome).toBe('unknown')
    expect(server.requests.every(({ url }) => url.startsWith('https://shop.test/'))).toBe(true)
  })

  test('is no result of a 202 either', async () => {
    const { placeOrder, server, clock } = bench({ profile: noKeys, deadline: 5_000 })
    server.script(
      answer(202, undefined, { location: '/jobs/9' }),
      answer(302, undefined, { location: '/login' }),
      answer(200, { login: '/sso' }),
      answer(307, undefined, { location: '/login' }),
      answer(200, { login: '/sso' }),
      answer(303, undefined, { location: '/orders/9' }),
      answer(200, { order: 9 }),
    )
    expect(await clock.until(placeOrder({ response: undefined }).run(cart))).toEqual({ order: 9 })
  })
})

describe('a cancel that was redirected', () => {
  const read = ({ status }: { readonly status: number }) => {
    if (status < 400) return { sealed: true } as const
    throw new Error('inconclusive')
  }

  test.each([301, 302, 303])('by %i was not delivered: it seals nothing', async status => {
    for (const cancel of [{}, { read }]) {
      const { placeOrder, server, clock } = bench({ profile: keyed, retry: { attempts: 1 } })
      server.script(reset, answer(status, undefined, { location: '/v2/orders' }))
      server.always(answer(200, { status: 'canceled' }))
      const order = placeOrder({
        cancel: { request: () => ({ method: 'delete', url: 'by-key' }), ...cancel },
      })
      await clock.until(ending(order.run(cart)))

      const { outcome, error } = await clock.until(order.cancel(cart))
      expect({ outcome, code: error?.code }).toEqual({ outcome: 'unknown', code: 'unresolved' })
      expect(error?.message).toContain('redirected (to /v2/orders)')
      expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE'])
    }
  })

  test.each([307, 308])('by %i was delivered there', async status => {
    const { placeOrder, server, clock } = bench({ profile: keyed, retry: { attempts: 1 } })
    server.script(
      reset,
      answer(status, undefined, { location: '/v2/orders' }),
      answer(200, { status: 'canceled' }),
    )
    const order = placeOrder({ cancel: { request: () => ({ method: 'delete', url: 'by-key' }) } })
    await clock.until(ending(order.run(cart)))

    expect((await clock.until(order.cancel(cart))).outcome).toBe('not-executed')
    expect(server.requests.map(({ method, url }) => [method, url]).slice(1)).toEqual([
      ['DELETE', 'https://shop.test/api/by-key'],
      ['DELETE', 'https://shop.test/v2/orders'],
    ])
  })
})
