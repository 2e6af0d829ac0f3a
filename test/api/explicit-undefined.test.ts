import { describe, expect, test } from 'vitest'
import { type ClientOptions, defineProfile, type OperationDefinition, type ProfileInput } from 'stillonce'
import { crashAt, type ProxyFault } from 'stillonce/testing'
import { NotExecuted } from 'stillonce/server'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, orderDefinition } from './bench/bench.ts'
import { answer } from './bench/scripted-server.ts'

/*
 * An option that is `undefined` is an option that is left out. The types say the same to a project with
 * `exactOptionalPropertyTypes`, with which `tsc` checks this file.
 */

const LIMITS: Pick<ClientOptions, 'retry' | 'poll'>[] = [
  { retry: undefined, poll: undefined },
  {
    retry: { attempts: undefined, backoff: undefined },
    poll: { interval: undefined, deadline: undefined },
  },
  {
    retry: { backoff: { base: undefined, cap: undefined } },
    poll: { interval: { min: undefined, max: undefined } },
  },
]

const WAYS: Partial<OperationDefinition<Cart, OrderData>>[] = [
  { status: undefined, cancel: undefined, verdict: undefined, onConflict: undefined },
  {
    status: { request: ({ key }) => ({ url: `orders/${key}` }), read: undefined, absentAfter: undefined },
    cancel: { request: ({ key }) => ({ url: `orders/${key}` }), read: undefined },
  },
]

describe('an option that is undefined is left out', () => {
  test.each([...LIMITS, ...WAYS])('of a client or of an operation: %o', async options => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 1 }))
    const operation = placeOrder({ ...orderDefinition, ...options })
    expect(await clock.until(operation.run(cart))).toEqual({ order: 1 })
  })

  test.each(LIMITS)('of a client: %o', async limits => {
    const { placeOrder, server, clock } = bench(limits)
    server.script(answer(201, { order: 1 }))
    expect(await clock.until(placeOrder().run(cart))).toEqual({ order: 1 })
  })

  test('but not the key of a conclusion or of a forget: a key that got lost must not mean any key', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(201, { order: 1 }))
    const operation = placeOrder()
    await clock.until(operation.run(cart))
    // @ts-expect-error the type refuses the same
    const forgotten = operation.forget(cart, { key: undefined })
    await expect(clock.until(forgotten)).rejects.toThrow(
      'operation(place-order).forget.key: must be the idempotency key that is meant, or left out',
    )
  })

  test('how long to wait after a progress that `read` reports', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(202, {}), answer(200, {}), answer(200, {}))
    let asks = 0
    const operation = placeOrder({
      status: {
        request: ({ key }) => ({ url: `orders/${key}` }),
        read: () => {
          asks += 1
          return asks === 1
            ? { processing: true, retryAfter: undefined }
            : { outcome: 'executed', data: { order: 1 } }
        },
      },
    })
    expect(await clock.until(operation.run(cart))).toEqual({ order: 1 })
  })

  test('the fields of a profile', () => {
    const given: ProfileInput = {
      name: 'acme',
      honoursKeys: true,
      rules: [
        {
          status: 409,
          header: { name: 'x-state', value: undefined },
          means: 'processing',
          source: 'https://acme.example/',
        },
      ],
      replayed: { header: 'x-replayed', value: undefined },
      otherPayload: undefined,
      firstSent: undefined,
      key: undefined,
    }
    expect(defineProfile(given)).toMatchObject({ name: 'acme', otherPayload: undefined })
  })

  test('the rules of a profile for its keys', () => {
    const key = { in: undefined, field: undefined, maxLength: undefined, minLength: undefined }
    const given: ProfileInput = { name: 'acme', honoursKeys: true, key }
    expect(defineProfile(given).key.maxLength).toBe(255)
  })

  test('what a status request and a cancel give', async () => {
    const blank = { method: undefined, json: undefined, body: undefined, headers: undefined }
    const { placeOrder, server, clock } = bench()
    server.script(answer(202, {}), answer(200, { status: 'done', order: 1 }))
    const ways: Pick<OperationDefinition<Cart, OrderData>, 'status' | 'cancel'> = {
      status: {
        request: ({ key }) => ({ ...blank, url: `orders/${key}` }),
        read: () => ({ outcome: 'executed', data: { order: 1 } }),
      },
      cancel: { request: ({ key }) => ({ ...blank, url: `orders/${key}` }), read: undefined },
    }
    expect(await clock.until(placeOrder(ways).run(cart))).toEqual({ order: 1 })
  })

  test('what tests and servers are given', () => {
    const fault: ProxyFault = { status: 503, performed: undefined }
    expect(fault.performed).toBeUndefined()
    expect(crashAt('before-send', { die: undefined }).happened).toBeInstanceOf(Promise)
    expect(new NotExecuted('nothing', { response: undefined, cause: undefined }).response).toBeUndefined()
    const { store } = bench()
    const own: ClientOptions['store'] = { ...store, isBounded: undefined, isWeak: undefined }
    expect(own.isWeak).toBeUndefined()
  })
})
