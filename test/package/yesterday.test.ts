import { afterAll, describe, expect, test } from 'vitest'
import { createClient as createPlainClient } from '../../src/entries/core.ts'
import { createClient, ietf, memoryStore } from '../../src/entries/index.ts'
import { fetchTransport } from '../../src/transports/fetch.ts'
import { takeAway } from './take-away.ts'
import { namesTooNew } from './too-new.ts'

/*
 * The package where everything is taken away that is not in all browsers of Baseline "widely available". The tests in
 * test/browser run without it too.
 */

const taken = takeAway(namesTooNew())

afterAll(taken.putBack)

test('what is taken away is there to be taken', () => {
  expect(taken.names).toEqual(expect.arrayContaining(['parse', 'try', 'union', 'escape']))
  expect('parse' in URL).toBe(false)
})

const json = { 'content-type': 'application/json', date: new Date().toUTCString() }

/** Redirected, still at work, then done: the ways that look at URLs. */
function shop(): typeof fetch {
  const answers = [
    new Response(null, { status: 307, headers: { location: '/v2/orders' } }),
    new Response('{"status":"processing"}', { status: 202, headers: { ...json, location: '/jobs/1' } }),
    new Response('{"status":"succeeded","result":{"order":9}}', { status: 200, headers: json }),
  ]
  return () => Promise.resolve(answers.shift()!)
}

const options = {
  scope: 'anna',
  profile: ietf,
  poll: { interval: { min: 1, max: 2 } },
}

describe('a client runs, is redirected and polls', () => {
  test.each([
    [
      'ky',
      () =>
        createClient({
          ...options,
          store: memoryStore(),
          http: { baseUrl: 'https://shop.test/', fetch: shop() },
        }),
    ],
    [
      'plain fetch',
      () =>
        createPlainClient({
          ...options,
          store: memoryStore(),
          transport: fetchTransport({ baseUrl: 'https://shop.test/', fetch: shop() }),
        }),
    ],
  ])(
    '%s',
    async (_, create) => {
      const order = create().operation<string>({
        name: 'order',
        id: id => id,
        request: id => ({ method: 'post', url: 'orders', json: { id } }),
      })

      expect(await order.start('a').settled).toMatchObject({ outcome: 'executed', data: { order: 9 } })
    },
    20_000,
  )
})
