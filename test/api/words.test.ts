import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { azure } from '../../src/profiles/azure.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { stripe } from '../../src/profiles/stripe.ts'
import { Order, bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

const request = () => ({ url: 'orders/9' })
const status = { request }
const quick = { retry: { attempts: 1 }, deadline: 5_000, poll: { deadline: 5_000 } } as const

/** The answer was lost; the status request is answered like this from then on. */
async function asked(
  reply: Parameters<typeof answer>,
  changes: Parameters<ReturnType<typeof bench>['placeOrder']>[0] = {},
) {
  const world = bench({ ...quick, profile: noKeys })
  world.server.script(reset)
  world.server.always(answer(...reply))
  const end = await world.clock.until(world.placeOrder({ status, ...changes }).start(cart).settled)
  return { ...world, end }
}

describe('a definition that nobody can read answers for', () => {
  const at = 'operation(place-order)'
  const told = defineProfile({ name: 'told', honoursKeys: true, status: {}, cancel: {} })

  test.each<[string, Parameters<typeof bench>[0], object, string | undefined]>([
    ['status without read, response or words', {}, { status, response: undefined }, `${at}.status.read`],
    ['status with response', {}, { status }, undefined],
    [
      'status with read',
      {},
      { status: { request, read: () => ({ absent: true }) }, response: undefined },
      undefined,
    ],
    ['status under a profile with words', { profile: told }, { status, response: undefined }, undefined],
    [
      'status under a profile without keys',
      { profile: noKeys },
      { status, response: undefined },
      `${at}.status.read`,
    ],
    ['cancel without read or words', { profile: ietf }, { cancel: { request } }, `${at}.cancel.read`],
    [
      'cancel with read',
      { profile: ietf },
      { cancel: { request, read: () => ({ sealed: true }) } },
      undefined,
    ],
    ['cancel under a profile with words', { profile: told }, { cancel: { request } }, undefined],
    [
      'cancel without keys',
      { profile: noKeys },
      { cancel: { request, read: () => ({ sealed: true }) } },
      `${at}.cancel`,
    ],
    [
      'cancel under a profile of its own without keys',
      { profile: told },
      { profile: noKeys, cancel: { request, read: () => ({ sealed: true }) } },
      `${at}.cancel`,
    ],
  ])('%s', (_, setup, changes, path) => {
    const { placeOrder, server } = bench(setup)
    let refused: unknown
    try {
      placeOrder(changes)
    } catch (error) {
      refused = error
    }
    const { code, message } = (refused ?? {}) as { readonly code?: string; readonly message?: string }
    expect([code, message?.split(': ')[0]]).toEqual(
      path === undefined ? [undefined, undefined] : ['configuration', path],
    )
    expect(server.requests).toEqual([])
  })
})

test('the words of a profile are its own: what becomes of the lists that were given changes nothing', () => {
  const executed = ['paid']
  const given = { name: 'own', honoursKeys: true, status: { executed }, cancel: { sealed: executed } }
  const profile = defineProfile(given)
  executed.push('pending')

  expect(profile).toMatchObject({
    status: { executed: ['paid'] },
    cancel: { sealed: ['paid'] },
    namesKey: false,
  })
  expect([profile.status, profile.status?.executed, profile.cancel].every(Object.isFrozen)).toBe(true)
})

describe('a resource without a word', () => {
  test.each<[string, object, unknown, string]>([
    ['that `response` takes', {}, { order: 9 }, 'executed'],
    ['that `response` refuses', {}, { order: 'nine' }, 'unknown'],
    [
      'that an asynchronous `response` takes',
      { response: Order.refine(async () => true) },
      { order: 9 },
      'executed',
    ],
    [
      'that an asynchronous `response` refuses',
      { response: Order.refine(async () => false) },
      { order: 9 },
      'unknown',
    ],
    [
      'at which `response` throws',
      {
        response: Order.refine(() => {
          throw new Error('a mistake')
        }),
      },
      { order: 9 },
      'unknown',
    ],
    [
      'for which `response` never comes back',
      { response: Order.refine(() => new Promise(() => {})) },
      { order: 9 },
      'unknown',
    ],
    ['that is wrong, whatever `response` takes', { response: z.any() }, { error: 'x', order: 9 }, 'unknown'],
    ['that is a list, whatever `response` takes', { response: z.any() }, [{ order: 9 }], 'unknown'],
    ['that is a text, whatever `response` takes', { response: z.any() }, 'executed', 'unknown'],
    ['that is nothing, whatever `response` takes', { response: z.any() }, undefined, 'unknown'],
  ])('%s', async (_, changes, body, outcome) => {
    const { end, server } = await asked([200, body], changes)

    expect(end.outcome).toBe(outcome)
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  test('is executed by a word even where `response` refuses it: its result is invalid', async () => {
    expect((await asked([200, { status: 'succeeded', result: { order: 'x' } }])).end).toMatchObject({
      outcome: 'executed',
      error: { code: 'response-invalid' },
    })
  })
})

describe('a word that nobody knows', () => {
  test('of a status request is named with status.read, and proves nothing', async () => {
    const { end } = await asked([200, { order: 9, status: 'requires_action' }])

    expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'unresolved' } })
    expect(end.error?.message).toContain('"requires_action"')
    expect(end.error?.message).toContain('status.read')
  })

  test('at a poll URL is progress, and named where it stays so', async () => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: noKeys })
    server.script(answer(202, undefined, { location: '/jobs/1' }))
    server.always(answer(200, { status: 'Shipped' }))
    const end = await clock.until(placeOrder().start(cart).settled)

    expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'still-processing' } })
    expect(end.error?.message).toContain('"Shipped"')
    expect(end.error?.message).toContain('status.read')
  })

  test('at a poll URL of azure is progress until the end, and named there', async () => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: azure })
    server.script(answer(202, undefined, { 'azure-asyncoperation': '/jobs/1' }))
    server.always(answer(200, { status: 'Rejected' }))
    const read = () => ({ outcome: 'executed', data: { order: 9 } }) as const
    const order = placeOrder({ status: { request: () => ({ url: 'orders/9' }), read } })
    const end = await clock.until(order.start(cart).settled)

    expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'still-processing' } })
    expect(end.error?.message).toContain('"Rejected"')
    expect(new Set(server.requests.slice(1).map(({ url }) => new URL(url).pathname))).toEqual(
      new Set(['/jobs/1']),
    )
  })

  test('at a poll URL makes way for the status request, which may say more', async () => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: noKeys })
    server.script(
      answer(202, undefined, { location: '/jobs/1' }),
      answer(200, { status: 'Shipped' }),
      answer(200, { status: 'done', result: { order: 9 } }),
    )

    expect(await clock.until(placeOrder({ status }).run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ url }) => new URL(url).pathname)).toEqual([
      '/api/orders',
      '/jobs/1',
      '/api/orders/9',
    ])
  })

  test('that is explained later is no longer named', async () => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: noKeys })
    server.script(answer(202, undefined, { location: '/jobs/1' }), answer(200, { status: 'Shipped' }))
    server.always(answer(200, { status: 'running' }))
    const end = await clock.until(placeOrder().start(cart).settled)

    expect(end.error?.message).not.toContain('Shipped')
  })
})

describe('a poll URL', () => {
  const located = (header: string) => answer(202, undefined, { [header]: '/jobs/1' })

  test.each(['operation-location', 'azure-asyncoperation'])('of %s answers in words', async header => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: noKeys })
    server.script(located(header))
    server.always(answer(200, { paid: true }))

    expect(await clock.until(placeOrder({ response: undefined }).start(cart).settled)).toMatchObject({
      outcome: 'unknown',
    })
  })

  test.each([
    [200, 'operation-location'],
    [201, 'operation-location'],
    [200, 'azure-asyncoperation'],
    [201, 'azure-asyncoperation'],
  ])('beside a %i is asked under azure: %s', async (code, header) => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: azure })
    server.script(answer(code, { order: 9 }, { [header]: '/jobs/1' }))
    server.always(answer(200, { status: 'Failed' }))

    expect(await clock.until(placeOrder({ response: undefined }).start(cart).settled)).toMatchObject({
      outcome: 'not-executed',
    })
  })

  test('of a Location ends in the operation’s own answer', async () => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: noKeys })
    server.script(located('location'), answer(200, { paid: true }))

    expect(await clock.until(placeOrder({ response: undefined }).run(cart))).toEqual({ paid: true })
  })

  test('is still a monitor to the process that takes the operation up', async () => {
    const { placeOrder, server, clock, another, runner } = bench({ ...quick, profile: noKeys })
    server.script(located('operation-location'))
    void placeOrder({ response: undefined }).start(cart)
    await clock.advance(100)
    runner.freeze()
    await clock.advance(70_000)
    server.always(answer(200, { paid: true }))
    const later = another({ ...quick, profile: noKeys })

    expect(await clock.until(later.placeOrder({ response: undefined }).settle(cart))).toMatchObject({
      outcome: 'unknown',
    })
    expect(server.requests.length).toBeGreaterThan(1)
  })
})

describe('Azure', () => {
  const monitor = { 'operation-location': '/operations/9' }

  test.each([
    'Running',
    'NotStarted',
    'Creating',
    'Updating',
    'Cancelled',
    'Canceling',
    'done',
    'Completed',
    'Error',
    'Rejected',
  ])('%s is progress', async word => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: azure })
    server.script(
      answer(202, undefined, monitor),
      answer(200, { status: word }),
      answer(200, { status: 'Failed', error: { code: 'CardDeclined' } }),
    )

    expect(await clock.until(placeOrder().start(cart).settled)).toMatchObject({ outcome: 'not-executed' })
    expect(server.unexpectedCount()).toBe(0)
  })

  test.each<[string, string, Record<string, string>, object, string | undefined]>([
    ['the answer’s own `result`', 'post', monitor, { result: { order: 9 } }, undefined],
    [
      'resourceLocation',
      'post',
      { ...monitor, location: '/other/9' },
      { resourceLocation: '/orders/9' },
      '/orders/9',
    ],
    ['the Location of a POST', 'post', { ...monitor, location: '/orders/9' }, {}, '/orders/9'],
    ['the URL of a PUT', 'put', { ...monitor, location: '/other/9' }, {}, '/api/orders'],
    ['the URL of a PATCH', 'patch', monitor, {}, '/api/orders'],
    ['the Location of a PATCH', 'patch', { ...monitor, location: '/orders/9' }, {}, '/orders/9'],
    ['no other origin', 'put', monitor, { resourceLocation: 'https://evil.test/orders/9' }, '/api/orders'],
  ])('after Succeeded the result is read from %s', async (_, method, headers, more, path) => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: azure })
    server.script(
      answer(202, undefined, headers),
      answer(200, { status: 'Succeeded', ...more }),
      answer(200, { order: 9 }),
    )
    const end = await clock.until(
      placeOrder({ request: json => ({ method, url: 'orders', json }) }).start(cart).settled,
    )

    expect(end).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    const third = server.requests[2]
    expect(third === undefined ? undefined : [third.method, new URL(third.url).pathname, third.key]).toEqual(
      path === undefined ? undefined : ['GET', path, undefined],
    )
  })

  test.each<[string, readonly unknown[], object]>([
    [
      'until it is there',
      [{ properties: { provisioningState: 'Succeeded' } }, { order: 9 }],
      { outcome: 'executed' },
    ],
    ['until it failed', [{ properties: { provisioningState: 'Failed' } }], { outcome: 'not-executed' }],
  ])('a resource in the making is asked at its own URL %s', async (_, then, expected) => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: azure })
    const making = { properties: { provisioningState: 'Creating' } }
    server.script(answer(201, making), ...[making, ...then].map(said => answer(200, said)))
    const end = await clock.until(
      placeOrder({ request: json => ({ method: 'put', url: 'orders', json }) }).start(cart).settled,
    )

    expect(end).toMatchObject(expected)
    expect(server.unexpectedCount()).toBe(0)
    expect(server.requests.map(({ method }) => method)).toEqual([
      'PUT',
      ...Array(then.length + 1).fill('GET'),
    ])
  })

  test('a result that cannot be read costs no success', async () => {
    const { placeOrder, server, clock, record } = bench({ ...quick, profile: azure })
    server.script(
      answer(202, undefined, { ...monitor, location: '/orders/9' }),
      answer(200, { status: 'Succeeded' }),
    )
    server.always(answer(503))
    const end = await clock.until(placeOrder().start(cart).settled)

    expect(end).toMatchObject({ outcome: 'executed', data: undefined })
    expect(await record()).toMatchObject({ state: 'succeeded' })
    expect(server.requests).toHaveLength(5)
  })

  test('a result that is read at the second time', async () => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: azure })
    server.script(
      answer(202, undefined, { ...monitor, location: '/orders/9' }),
      answer(200, { status: 'Succeeded' }),
      answer(404),
      answer(200, { order: 9 }),
    )

    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 9 })
  })

  test('after a DELETE there is none to read', async () => {
    const { placeOrder, server, clock } = bench({ ...quick, profile: azure })
    server.script(
      answer(202, undefined, { ...monitor, location: '/orders/9' }),
      answer(200, { status: 'Succeeded' }),
    )
    const order = placeOrder({ request: () => ({ method: 'delete', url: 'orders' }), response: undefined })

    expect(await clock.until(order.start(cart).settled)).toMatchObject({ outcome: 'executed' })
    expect(server.requests).toHaveLength(2)
  })
})

describe('Stripe', () => {
  const Intent = z.object({ id: z.string(), status: z.string() })
  const needs = ['requires_action', 'requires_capture', 'requires_confirmation', 'requires_payment_method']

  test.each(needs)(
    'executed says of a creation that the object is made: %s is the caller’s to read',
    async word => {
      const { placeOrder, server, clock } = bench({ ...quick, profile: stripe })
      server.script(answer(200, { id: 'pi_1', status: word }))
      const end = await clock.until(placeOrder({ response: Intent as never }).start(cart).settled)

      expect(end).toEqual({ outcome: 'executed', data: { id: 'pi_1', status: word }, replayed: false })
    },
  )

  test.each([...needs, 'canceled', 'failed', 'draft'])(
    'a status answer that finds %s proves nothing',
    async word => {
      const { end } = await asked([200, { id: 'pi_1', status: word }], {
        profile: stripe,
        response: Intent as never,
      })

      expect(end.outcome).toBe('unknown')
      expect(end.error?.message).toContain(word)
    },
  )

  test('a status answer that finds it succeeded does', async () => {
    const { end } = await asked([200, { id: 'pi_1', status: 'succeeded' }], {
      profile: stripe,
      response: Intent as never,
    })

    expect(end).toMatchObject({ outcome: 'executed', data: { id: 'pi_1', status: 'succeeded' } })
  })
})

describe('a status answer that is marked as a replay', () => {
  const profile = defineProfile({
    name: 'replays',
    honoursKeys: true,
    replayed: { header: 'Idempotent-Replayed' },
    rules: [{ status: 409, code: 'busy', means: 'processing', source: 'this test' }],
  })
  const mark = { 'idempotent-replayed': 'true' }

  test.each<[string, Parameters<typeof answer>, string]>([
    ['201 is executed, whatever its word', [201, { order: 9, status: 'failed' }, mark], 'executed'],
    ['402 is refused', [402, { order: 9 }, mark], 'not-executed'],
    ['404 is refused', [404, {}, mark], 'not-executed'],
    ['a rule counts', [409, { code: 'busy' }, mark], 'unknown'],
    ['500 proves nothing', [500, {}, mark], 'unknown'],
    ['401 proves nothing', [401, {}, mark], 'unknown'],
  ])('%s', async (_, reply, outcome) => {
    expect((await asked(reply, { profile })).end.outcome).toBe(outcome)
  })
})

test('a verdict hook that gives a promise for a replay is told by name', async () => {
  const profile = defineProfile({
    name: 'replays',
    honoursKeys: true,
    replayed: { header: 'Idempotent-Replayed' },
  })
  const verdict = () => Promise.resolve('succeeded') as never
  const reply = [201, { order: 9 }, { 'idempotent-replayed': 'true' }] as const
  const { end } = await asked([...reply], { profile, verdict })
  expect(end).toMatchObject({
    outcome: 'unknown',
    error: { code: 'configuration', message: expect.stringContaining('operation(place-order).verdict') },
  })
})

describe('a cancel', () => {
  test.each<[string, unknown]>([
    ['success: false', { success: false, message: 'already shipped' }],
    ['an error', { error: { code: 'already_captured' } }],
    ['cancelled: false', { cancelled: false }],
    ['another word', { status: 'paid' }],
    ['no body', undefined],
  ])('that is answered with %s seals nothing: the key stays', async (_, body) => {
    const { placeOrder, server, clock } = bench(quick)
    server.script(reset)
    const order = placeOrder({ cancel: { request } })
    await clock.until(ending(order.run(cart)))
    server.script(answer(200, body), answer(201, { order: 9 }))

    expect(await clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'unknown',
      error: { key: 'key-1' },
    })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.at(-1)?.key).toBe('key-1')
  })

  test('names the word that is not known, with cancel.read', async () => {
    const { placeOrder, server, clock } = bench(quick)
    server.script(reset, answer(200, { status: 'captured' }))
    const order = placeOrder({ cancel: { request } })
    await clock.until(ending(order.run(cart)))

    const { error } = await clock.until(order.cancel(cart))
    expect(error?.message).toContain('"captured"')
    expect(error?.message).toContain('cancel.read')
  })
})
