import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import type { OperationError } from '../../src/public/errors.ts'
import { isOperationError } from '../../src/public/errors.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { Bench } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, refusedConnection, reset, silence } from './bench/scripted-server.ts'

/** The error of one call in a world that a test has prepared. */
async function errorOf(world: Bench, call: Promise<unknown>): Promise<OperationError> {
  const { error } = await world.clock.until(ending(call))
  if (error === undefined) throw new Error('the call was expected to fail')
  return error
}

const problem = {
  type: 'https://shop.test/no-stock',
  title: 'Out of stock',
  status: 400,
  detail: 'Item 7 is gone',
  instance: '/orders/5',
}

describe('each code says why it stopped, what that means, and what to do', () => {
  test('rejected: the server refused, and its answer is there with its problem details', async () => {
    const world = bench()
    world.server.script(answer(400, problem, { 'content-type': 'application/problem+json', 'x-trace': 't1' }))

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toMatchObject({
      name: 'OperationError',
      code: 'rejected',
      outcome: 'not-executed',
      message: '400. The operation was not executed. Read `response` for why.',
      operationId: 'cart-42',
      key: 'key-1',
      generation: 1,
      attempts: 1,
      response: {
        status: 400,
        headers: { 'content-type': 'application/problem+json', 'x-trace': 't1' },
        body: problem,
        problem,
      },
    })
  })

  test('rejected after an ambiguous attempt is unknown: it was not said of the key', async () => {
    const world = bench()
    world.server.script(reset, answer(403))

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toMatchObject({
      code: 'rejected',
      outcome: 'unknown',
      attempts: 2,
      message:
        '403. Whether the operation was executed is not known. Read `response` for why, then call `run` again: the key is kept.',
      response: { status: 403 },
    })
  })

  test('conflict: a 412 to a precondition, which is asked about and given again', async () => {
    const world = bench()
    world.server.script(answer(412), answer(412, undefined, { 'idempotent-replayed': 'true' }))
    const order = world.placeOrder({
      request: json => ({ method: 'put', url: 'orders', json, headers: { 'If-Match': '"v1"' } }),
    })

    expect(await errorOf(world, order.run(cart))).toMatchObject({
      code: 'conflict',
      outcome: 'not-executed',
      message:
        '412: the precondition does not hold. The operation was not executed. Read the current state and decide again.',
      response: { status: 412 },
    })
  })

  test('payload-mismatch: found here', async () => {
    const world = bench()
    world.server.script(answer(201, { order: 9 }))
    await world.clock.until(world.placeOrder().run(cart))

    expect(
      await errorOf(world, world.placeOrder({ redefine: true }).run({ ...cart, total: 1 })),
    ).toMatchObject({
      code: 'payload-mismatch',
      outcome: 'executed',
      key: 'key-1',
      message:
        'The operation was begun with another payload. The operation was executed. Use another id for another intention.',
    })
  })

  test('payload-mismatch: found by the server', async () => {
    const world = bench()
    world.server.script(reset, answer(422, { title: 'Idempotency-Key is already used' }))

    expect(await errorOf(world, world.placeOrder().run(cart))).toMatchObject({
      code: 'payload-mismatch',
      outcome: 'unknown',
      response: { status: 422, body: { title: 'Idempotency-Key is already used' } },
    })
  })

  test('unresolved: attempts are used up', async () => {
    const world = bench({ retry: { attempts: 2 } })
    world.server.always(reset)

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      attempts: 2,
      message:
        '2 attempts are used up; the last: no answer: ECONNRESET. Whether the operation was executed is not known. Call `run` or `settle` again: the key is kept.',
      response: undefined,
    })
  })

  test('unresolved: nothing ever left', async () => {
    const world = bench({ retry: { attempts: 2 } })
    world.server.always(refusedConnection)

    expect(await errorOf(world, world.placeOrder().run(cart))).toMatchObject({
      code: 'unresolved',
      outcome: 'not-executed',
      message:
        '2 attempts are used up; the last: no connection: ECONNREFUSED. The operation was not executed. Call `run` to perform it.',
    })
  })

  test('unresolved: the deadline', async () => {
    const world = bench({ deadline: 10_000, timeout: 30_000 })
    world.server.always(silence)

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message:
        'The deadline has passed. Whether the operation was executed is not known. Call `run` or `settle` again: the key is kept.',
    })
    expect(world.clock.elapsed()).toBe(10_000)
  })

  test.each([
    ['a server that refuses', answer(403), 'the server answered 403'],
    [
      'a page',
      answer(200, '<html>Log in</html>', { 'content-type': 'text/html' }),
      'a page came instead of data',
    ],
  ])(
    'still-processing: what the polls brought is named, not that it is at work: %s',
    async (_, reply, named) => {
      const world = bench({ profile: noKeys, poll: { deadline: 1_000, interval: { min: 10, max: 20 } } })
      world.server.script(answer(202, undefined, { location: '/orders/1/status' }))
      world.server.always(reply)

      const { code, outcome, message } = await errorOf(world, world.placeOrder().run(cart))
      expect([code, outcome]).toEqual(['still-processing', 'unknown'])
      expect(message).toContain(`; the last time it was asked: ${named}. Whether`)
      expect(message).not.toContain('still at work')
    },
  )

  test('still-processing: poll.deadline has passed', async () => {
    const world = bench({ poll: { deadline: 60_000 } })
    world.server.always(answer(202))

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toMatchObject({
      code: 'still-processing',
      outcome: 'unknown',
      message: expect.stringMatching(
        /^The .* Whether the operation was executed is not known\. Call `run` or `settle` later: the key is kept\.$/,
      ),
    })
    expect(world.clock.elapsed()).toBeLessThanOrEqual(60_000)
  })

  test('key-expired: the server may have forgotten the key', async () => {
    const world = bench({ retry: { attempts: 1 } })
    world.server.script(reset)
    const order = world.placeOrder()
    await errorOf(world, order.run(cart))
    await world.clock.advance(86_400_000)

    expect(await errorOf(world, order.run(cart))).toMatchObject({
      code: 'key-expired',
      outcome: 'unknown',
      key: 'key-1',
      message:
        'The server may have forgotten the key, by the clock of this device. Whether the operation was executed is not known. Find out from the server, then call `conclude`.',
    })
    expect(world.server.requests).toHaveLength(1)
  })

  test('already-executed: the result is not kept', async () => {
    const world = bench({ remember: 0 })
    world.server.script(answer(201, { order: 9 }))
    const order = world.placeOrder()
    await world.clock.until(order.run(cart))

    expect(await errorOf(world, order.run(cart))).toMatchObject({
      code: 'already-executed',
      outcome: 'executed',
      key: 'key-1',
      message:
        'The operation was executed earlier, and its result is not kept here. The operation was executed. Read the result from the server.',
    })
  })

  test('response-invalid: where it does not fit is told, its values are not', async () => {
    const world = bench()
    world.server.script(answer(201, { order: 'secret-nine' }))

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toMatchObject({
      code: 'response-invalid',
      outcome: 'executed',
      message:
        'The result does not fit `response` at order. The operation was executed. Do not send it again; read the result from the server.',
    })
    expect(error.response?.body).toEqual({ order: 'secret-nine' })
  })

  test('store-failed while reading: nothing is sent, and the outcome is not known', async () => {
    const world = bench()
    const locked = new Error('database is locked')
    world.store.get = () => Promise.reject(locked)

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toMatchObject({
      code: 'store-failed',
      outcome: 'unknown',
      message:
        'The store could not read, and nothing was sent by this call. Whether the operation was executed is not known. See `cause`, where there is one, and try again when the store works.',
      cause: locked,
    })
    expect(world.server.requests).toHaveLength(0)
  })

  test('store-failed while writing ahead: nothing is sent, so it is not executed', async () => {
    const world = bench()
    const full = new Error('disk full')
    world.store.set = () => Promise.reject(full)

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toMatchObject({
      code: 'store-failed',
      outcome: 'not-executed',
      message:
        'The store could not write. The operation was not executed. See `cause`, where there is one, and try again when the store works.',
      cause: full,
    })
    expect(world.server.requests).toHaveLength(0)
  })

  test('store-corrupt: nothing is sent, nothing is overwritten', async () => {
    const world = bench({ retry: { attempts: 1 } })
    world.server.script(reset)
    const order = world.placeOrder()
    await errorOf(world, order.run(cart))
    await world.overwrite('{"v":1}')

    expect(await errorOf(world, order.run(cart))).toMatchObject({
      code: 'store-corrupt',
      outcome: 'unknown',
      message:
        'The record does not have the shape of one at state. Whether the operation was executed is not known. Find out from the server whether it was executed; then drop the record with `force`: by `forget`, on a server by `conclude`.',
    })
    expect(world.server.requests).toHaveLength(1)
    expect(await world.record()).toEqual({ v: 1 })
  })

  test('scope-changed: another user is logged in now, and the record is kept', async () => {
    let user = 'user-7'
    const world = bench({ scope: () => user })
    world.server.script(reset)
    const call = world.placeOrder().run(cart)
    call.catch(() => {})
    await world.clock.settle()
    user = 'user-8'

    expect(await errorOf(world, call)).toMatchObject({
      code: 'scope-changed',
      outcome: 'unknown',
      message:
        'Another user is logged in now. Whether the operation was executed is not known. Log in as the user whose operation it is; the record is kept until then.',
    })
    expect(world.server.requests).toHaveLength(1)
    expect(await world.record()).toMatchObject({ scope: 'user-7', state: 'pending' })
  })

  test('sealed: cancelled, and a proof', async () => {
    const world = bench({ retry: { attempts: 1 } })
    world.server.script(reset, answer(200, { status: 'canceled' }))
    const order = world.placeOrder({ cancel: { request: () => ({ url: 'orders/1', method: 'delete' }) } })
    await errorOf(world, order.run(cart))

    expect(await world.clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: {
        code: 'sealed',
        outcome: 'not-executed',
        key: 'key-1',
        message:
          'The operation was cancelled: the server refuses its key from now on. The operation was not executed. Call `run` to perform it.',
      },
    })
  })

  test('forgotten: dropped while it ran', async () => {
    const world = bench()
    world.server.script(silence)
    const order = world.placeOrder()
    const call = order.run(cart)
    call.catch(() => {})
    await world.clock.settle()
    await world.clock.until(order.forget(cart, { force: true }))

    expect(await errorOf(world, call)).toMatchObject({
      code: 'forgotten',
      outcome: 'unknown',
      message: expect.stringContaining(
        'Find out from the server before you call `run`, which uses a new key.',
      ),
    })
  })

  test('aborted: unknown, and what to do', async () => {
    const world = bench()
    world.server.script(silence)
    const leaving = new AbortController()
    const call = world.placeOrder().run(cart, { signal: leaving.signal })
    call.catch(() => {})
    await world.clock.settle()
    leaving.abort()

    expect(await errorOf(world, call)).toMatchObject({
      code: 'aborted',
      outcome: 'unknown',
      message:
        'The caller aborted. Whether the operation was executed is not known. Call `settle` to find out, or `run` to go on.',
    })
  })

  test('aborted: not executed', async () => {
    const world = bench()

    const error = await errorOf(world, world.placeOrder().run(cart, { signal: AbortSignal.abort() }))

    expect(error).toMatchObject({
      code: 'aborted',
      outcome: 'not-executed',
      message: 'The caller aborted. The operation was not executed.',
    })
  })

  test('aborted at a server that honours no keys and cannot be asked: only conclude helps', async () => {
    const world = bench({ profile: noKeys })
    world.server.script(silence)
    const leaving = new AbortController()
    const call = world.placeOrder().run(cart, { signal: leaving.signal })
    call.catch(() => {})
    await world.clock.settle()
    leaving.abort()

    expect(await errorOf(world, call)).toMatchObject({
      code: 'aborted',
      outcome: 'unknown',
      message:
        'The caller aborted. Whether the operation was executed is not known. Find out from the server, then call `conclude`.',
    })
  })

  test('unresolved at a server that honours no keys and cannot be asked: only conclude helps', async () => {
    const world = bench({ profile: noKeys })
    world.server.script(reset)

    expect(await errorOf(world, world.placeOrder().run(cart))).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message:
        'An attempt may have executed, and the server does not honour keys; the last: no answer: ECONNRESET. Whether the operation was executed is not known. Find out from the server, then call `conclude`.',
    })
  })

  test.each([
    [
      'a redirect',
      answer(307, undefined, { location: 'http://other.test/orders/' }),
      '307: a redirect that is not followed (to http://other.test/orders/)',
    ],
    ['a server that failed', answer(500, {}), '500'],
    [
      'a page',
      answer(200, '<html><body>Log in</body></html>', { 'content-type': 'text/html' }),
      '200 with an HTML page',
    ],
  ])('unresolved at a server that honours no keys names what came: %s', async (_, reply, named) => {
    const world = bench({ profile: noKeys })
    world.server.script(reply)
    const { message } = await errorOf(world, world.placeOrder().run(cart))
    expect(message).toContain(`does not honour keys; the last: ${named}`)
  })

  test('unresolved under another account: logging in again helps, and `run` as it is does not', async () => {
    const world = bench({ account: () => 'acct-1', retry: { attempts: 1 } })
    world.server.script(reset)
    await errorOf(world, world.placeOrder().run(cart))
    const later = world.another({ account: () => 'acct-2' }).placeOrder()

    expect(await errorOf(world, later.run(cart))).toMatchObject({
      code: 'unresolved',
      outcome: 'unknown',
      message:
        'The account is not the one that the operation was begun with, so nothing is sent or asked with its key. Whether the operation was executed is not known. Log in to the account that the operation was begun with, then call `run` or `settle`: the key is kept.',
    })
  })

  test('configuration: the option is named by its path', async () => {
    const world = bench()
    const order = world.placeOrder({ request: () => ({ method: 'get it', url: 'orders' }) })

    expect(await errorOf(world, order.run(cart))).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: 'operation(place-order).request.method: must be an HTTP method',
    })
    expect(world.server.requests).toHaveLength(0)
  })

  test('configuration of a later deployment tells what the record tells', async () => {
    const world = bench({ retry: { attempts: 1 } })
    world.server.script(reset)
    await errorOf(world, world.placeOrder().run(cart))
    const broken = world
      .another()
      .placeOrder({ request: () => ({ method: 'post', url: 'ftp://shop.test/' }) })

    expect(await errorOf(world, broken.run(cart))).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: 'operation(place-order).request.url: must be http or https',
    })
  })
})

describe('the outcome is the join, whatever the code', () => {
  test.each([
    [
      'a 409 without a sign, again and again, is a conflict that proves nothing',
      [409],
      'conflict',
      'not-executed',
    ],
    ['a 401 at first', [401], 'rejected', 'not-executed'],
    ['a 404 at first', [404], 'rejected', 'not-executed'],
    ['a 503, then a 404', [503, 404], 'rejected', 'unknown'],
    ['a 503, then a 401', [503, 401], 'rejected', 'unknown'],
    ['a 503, then a 409 again and again', [503, 409], 'conflict', 'unknown'],
    ['a 500 all the time', [500], 'unresolved', 'unknown'],
    ['a 429 all the time', [429], 'unresolved', 'not-executed'],
    ['a 302', [302], 'unresolved', 'unknown'],
  ])('%s', async (_, statuses, code, outcome) => {
    const world = bench()
    world.server.script(...statuses.slice(0, -1).map(status => answer(status)))
    world.server.always(answer(statuses.at(-1)!))

    expect(await errorOf(world, world.placeOrder().run(cart))).toMatchObject({ code, outcome })
  })

  test.each([
    ['a refused connection', refusedConnection, 'not-executed'],
    ['a reset', reset, 'unknown'],
    ['silence', silence, 'unknown'],
    ['a 500', answer(500), 'unknown'],
  ])('with a server that honours no keys, one attempt is all: %s', async (_, reply, outcome) => {
    const world = bench({ profile: noKeys, retry: { attempts: outcome === 'unknown' ? 4 : 1 } })
    world.server.script(reply)

    expect(await errorOf(world, world.placeOrder().run(cart))).toMatchObject({ code: 'unresolved', outcome })
    expect(world.server.requests).toHaveLength(1)
    expect(world.server.unexpectedCount()).toBe(0)
  })
})

describe('what an error holds', () => {
  test('nothing of the request: neither bodies nor headers nor credentials', async () => {
    const secrets = {
      body: 'secret-body',
      header: 'secret-header',
      token: 'secret-token',
      query: 'secret-query',
    }
    const world = bench({ headers: { authorization: secrets.token }, retry: { attempts: 1 } })
    world.server.script(() => {
      const cause = Object.assign(new TypeError(`bad header ${secrets.token}`), {
        code: 'UND_ERR',
        syscall: 'read',
      })
      throw new TypeError(`fetch failed for ${secrets.body} ${secrets.header}`, { cause })
    })
    const order = world.placeOrder({
      request: () => ({
        method: 'post',
        url: `orders?t=${secrets.query}`,
        json: secrets.body,
        headers: { 'x-own': secrets.header },
      }),
    })

    const error = await errorOf(world, order.run(cart))

    const shown = [
      error.message,
      error.stack,
      JSON.stringify(error),
      JSON.stringify(error.cause),
      String(error.cause),
    ]
    expect(shown.join('\n')).not.toMatch(/secret/)
  })

  test('a URL that cannot be used is not repeated in the message', async () => {
    const world = bench()
    const order = world.placeOrder({
      request: () => ({ method: 'post', url: 'https://user:secret@shop.test/' }),
    })

    const error = await errorOf(world, order.run(cart))

    expect(error.message).toBe('operation(place-order).request.url: must not carry credentials')
  })

  test('it is an Error with a stack', async () => {
    const world = bench()
    world.server.script(answer(402))

    const error = await errorOf(world, world.placeOrder().run(cart))

    expect(error).toBeInstanceOf(Error)
    expect(error.stack).toContain('OperationError')
  })
})

describe('isOperationError', () => {
  test('it knows the errors of another copy of the package', async () => {
    const world = bench()
    world.server.script(answer(402))
    const error = await errorOf(world, world.placeOrder().run(cart))
    vi.resetModules()
    const copy = await import('../../src/public/errors.ts')

    expect(copy.isOperationError).not.toBe(isOperationError)
    expect(error).not.toBeInstanceOf(copy.OperationError)
    expect(copy.isOperationError(error)).toBe(true)
    expect(isOperationError(copy.configurationError('timeout', 'must be a number'))).toBe(true)
  })

  test.each([
    ['an Error', new Error('no')],
    ['an object that looks like one', { code: 'rejected', outcome: 'unknown', name: 'OperationError' }],
    ['a zod error', new z.ZodError([])],
    ['null', null],
    ['undefined', undefined],
    ['text', 'OperationError'],
  ])('it does not take %s for one', (_, value) => {
    expect(isOperationError(value)).toBe(false)
  })
})
