import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

/* `settled.response`: the server's own answer, as it was, in every process. */

const kept: Partial<OperationDefinition<Cart, OrderData>> = { keepResponseHeaders: ['Request-Id'] }
const created = answer(201, { order: 9 }, { 'request-id': 'req_1', 'x-other': 'no' })
const OWN = {
  status: 201,
  headers: { 'content-type': 'application/json', 'request-id': 'req_1' },
  text: '{"order":9}',
}

describe('the answer that executed it', () => {
  test('is given with status, kept headers and text', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(created)
    const settled = await clock.until(placeOrder(kept).start(cart).settled)
    expect(settled).toEqual({ outcome: 'executed', data: { order: 9 }, replayed: false })
    expect(settled.response).toEqual(OWN)
  })

  test('has the content type alone where nothing else is kept', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(created)
    const { response } = await clock.until(placeOrder().start(cart).settled)
    expect(response?.headers).toEqual({ 'content-type': 'application/json' })
  })

  test('is the same for another process, without a request', async () => {
    const { placeOrder, another, server, clock } = bench()
    server.script(created)
    await clock.until(placeOrder(kept).run(cart))
    const settled = await clock.until(another().placeOrder(kept).start(cart).settled)
    expect(settled).toMatchObject({ outcome: 'executed', replayed: true })
    expect(settled.response).toEqual(OWN)
    expect(server.requests).toHaveLength(1)
  })

  test('is the same for who takes it up, and for who joined', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(created)
    const order = placeOrder(kept)
    const [one, two] = [order.start(cart), order.start(cart)]
    expect((await clock.until(one.settled)).response).toEqual(OWN)
    expect((await clock.until(two.settled)).response).toEqual(OWN)
    expect((await clock.until(order.settle(cart))).response).toEqual(OWN)
  })

  test('has numbers of 64 bits as they were', async () => {
    const { client, another, server, clock } = bench()
    const definition = {
      name: 'pay',
      id: () => 'one',
      request: () => ({ method: 'post', url: 'pay' }),
    }
    server.script(
      () =>
        new Response('{ "amount": 9007199254740993 }', { headers: { 'content-type': 'application/json' } }),
    )
    await clock.until(client.operation(definition).run(undefined))
    const { response } = await clock.until(another().client.operation(definition).start(undefined).settled)
    expect(response?.text).toBe('{ "amount": 9007199254740993 }')
  })

  test('is there although `response` refuses its body', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 'nine' }))
    const settled = await clock.until(placeOrder().start(cart).settled)
    expect(settled).toMatchObject({ outcome: 'executed', error: { code: 'response-invalid' } })
    expect(settled.response?.text).toBe('{"order":"nine"}')
  })

  test('is kept after its answer came late, and after a replay', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(201, { order: 9 }, { 'idempotent-replayed': 'true', 'request-id': 'req_2' }))
    const settled = await clock.until(placeOrder(kept).start(cart).settled)
    expect(settled.response?.headers).toEqual({
      'content-type': 'application/json',
      'request-id': 'req_2',
    })
  })

  test('is gone with the result', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(created)
    const order = placeOrder({ remember: 1_000 })
    await clock.until(order.run(cart))
    await clock.advance(2_000)
    const settled = await clock.until(order.start(cart).settled)
    expect(settled).toMatchObject({ outcome: 'executed', error: { code: 'already-executed' } })
    expect(settled.response).toBeUndefined()
  })

  test('whatever the text, it is given as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.constantFrom(200, 201, 203), async (text, status) => {
        const { client, another, server, clock } = bench()
        const definition = {
          name: 'pay',
          id: () => 'one',
          request: () => ({ method: 'post', url: 'pay' }),
        }
        const headers = { 'content-type': 'application/json' }
        const length = String(new TextEncoder().encode(text).length)
        server.script(() => new Response(text, { status, headers: { ...headers, 'content-length': length } }))
        const first = await clock.until(client.operation(definition).start(undefined).settled)
        const later = await clock.until(another().client.operation(definition).start(undefined).settled)
        expect(first.response).toEqual({ status, headers, text })
        expect(later.response).toEqual({ status, headers, text })
      }),
      { numRuns: 50 },
    )
  })
})

describe('the answer that refused it', () => {
  const declined = answer(402, { error: { code: 'card_declined' } }, { 'request-id': 'req_3' })
  const REFUSAL = {
    status: 402,
    headers: { 'content-type': 'application/json', 'request-id': 'req_3' },
    text: '{"error":{"code":"card_declined"}}',
  }

  test('is given, and again to who takes it up in another process', async () => {
    const { placeOrder, another, server, clock } = bench()
    server.script(declined)
    const settled = await clock.until(placeOrder(kept).start(cart).settled)
    expect(settled).toMatchObject({ outcome: 'not-executed', error: { code: 'rejected' } })
    expect(settled.response).toEqual(REFUSAL)
    expect((await clock.until(another().placeOrder(kept).settle(cart))).response).toEqual(REFUSAL)
  })

  test('is given where it proves nothing for the next call: a 401', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(401, { error: 'who are you' }))
    const settled = await clock.until(placeOrder().start(cart).settled)
    expect(settled.outcome).toBe('not-executed')
    expect(settled.response).toEqual({
      status: 401,
      headers: { 'content-type': 'application/json' },
      text: '{"error":"who are you"}',
    })
  })

  test('is too long to be stored: this process alone gives it', async () => {
    const { placeOrder, another, server, clock } = bench()
    const long = JSON.stringify({ error: 'x'.repeat(70_000) })
    server.script(() => new Response(long, { status: 402, headers: { 'content-type': 'application/json' } }))
    expect((await clock.until(placeOrder().start(cart).settled)).response?.text).toBe(long)
    expect((await clock.until(another().placeOrder().settle(cart))).response).toBeUndefined()
  })
})

describe('there is none', () => {
  test('where the outcome is unknown', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.always(answer(500, { error: 'down' }))
    const settled = await clock.until(placeOrder().start(cart).settled)
    expect(settled.outcome).toBe('unknown')
    expect(settled.response).toBeUndefined()
  })

  test('where a status answer decided, here and in another process', async () => {
    const { placeOrder, another, server, clock } = bench({ retry: { attempts: 1 } })
    const status = { request: () => ({ url: 'orders/one' }) }
    server.script(reset, answer(200, { status: 'succeeded', order: 9 }))
    const settled = await clock.until(placeOrder({ status }).start(cart).settled)
    expect(settled).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(settled.response).toBeUndefined()
    expect((await clock.until(another().placeOrder({ status }).start(cart).settled)).response).toBeUndefined()
  })

  test('where a status answer says that it was not executed', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    const status = { request: () => ({ url: 'orders/one' }) }
    server.script(reset, answer(200, { status: 'failed' }))
    const settled = await clock.until(placeOrder({ status }).start(cart).settled)
    expect(settled.outcome).toBe('not-executed')
    expect(settled.response).toBeUndefined()
  })

  test('where somebody concluded', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    const order = placeOrder()
    server.script(reset)
    await clock.until(order.start(cart).settled)
    await clock.until(order.conclude(cart, { outcome: 'executed', data: { order: 9 } }))
    const settled = await clock.until(order.start(cart).settled)
    expect(settled).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    expect(settled.response).toBeUndefined()
  })

  test('where the key was sealed, although the cancel had an answer', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    const order = placeOrder({
      cancel: { request: () => ({ method: 'delete', url: 'orders/one' }), read: () => ({ sealed: true }) },
    })
    server.script(reset, answer(200, { status: 'canceled' }))
    await clock.until(order.start(cart).settled)
    const settled = await clock.until(order.cancel(cart))
    expect(settled.outcome).toBe('not-executed')
    expect(settled.response).toBeUndefined()
    expect((await clock.until(order.settle(cart))).response).toBeUndefined()
  })
})

describe('headers of an answer', () => {
  test('that do not fit into 8,192 characters are left out', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 9 }, { 'x-long': 'a'.repeat(8_192), 'x-short': 'b' }))
    const settled = await clock.until(
      placeOrder({ keepResponseHeaders: ['x-long', 'x-short'] }).start(cart).settled,
    )
    expect(settled.response?.headers).toEqual({ 'content-type': 'application/json', 'x-short': 'b' })
  })

  test.each([
    ['set-cookie', 'set-cookie is a credential, which is never stored'],
    ['X-Auth-Token', 'x-auth-token is a credential, which is never stored'],
    ['Content-Length', 'content-length describes bytes on the way; what is kept is their text'],
    ['a b', 'must be a list of header names'],
  ])('%s is refused', (name, fault) => {
    expect(() => bench().placeOrder({ keepResponseHeaders: [name] })).toThrow(
      `operation(place-order).keepResponseHeaders: ${fault}`,
    )
  })
})

describe('records of 0.2.0', () => {
  async function foundWith(result: object) {
    const world = bench()
    world.server.script(created)
    await world.clock.until(world.placeOrder().run(cart))
    await world.overwrite(JSON.stringify({ ...(await world.record()), result }))
    return world
  }

  test('have status and text of their own answer', async () => {
    const { another, clock } = await foundWith({
      form: 'body',
      status: 201,
      text: '{"order":9}',
      replayed: false,
    })
    const { response } = await clock.until(another().placeOrder().start(cart).settled)
    expect(response).toEqual({ status: 201, headers: {}, text: '{"order":9}' })
  })

  test('that may hold the answer to an ask have none', async () => {
    const { another, clock } = await foundWith({
      form: 'body',
      status: 200,
      text: '{"order":9}',
      replayed: true,
    })
    const { response } = await clock.until(another().placeOrder().start(cart).settled)
    expect(response).toBeUndefined()
  })
})
