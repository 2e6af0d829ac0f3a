import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AfterResponseHook, Hooks } from 'ky'
import ky from 'ky'
import { describe, expect, test } from 'vitest'
import { CART, countingFetch, expectOneKey, openKyClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import { watchedStore } from './watched-store.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }
const UNKNOWN = { outcome: 'unknown', code: 'unresolved' }
const HONOURS_OR_IGNORES = ['honours', 'ignores'] as const

/** A token refresh as ky's readme shows it. */
const refreshes: AfterResponseHook = ({ request, response }) => {
  if (response.status !== 401) return undefined
  const headers = new Headers(request.headers)
  headers.set('authorization', 'Bearer fresh')
  return ky.retry({ request: new Request(request, { headers }), delay: 0, code: 'TOKEN_REFRESHED' })
}

describe('a token refresh by ky.retry()', () => {
  test.each(HONOURS_OR_IGNORES)('passes the gate twice, with a server that %s keys', async keys => {
    const { store, last } = watchedStore()
    const seen: unknown[] = []
    const server = await startServer(
      [
        ({ reply }) => {
          seen.push(last())
          reply(401, '{"error":"expired"}')
        },
        exchange => {
          seen.push(last())
          creates(exchange)
        },
      ],
      { keys },
    )
    const http = {
      baseUrl: `${server.origin}/`,
      headers: { authorization: 'Bearer old' },
      hooks: { afterResponse: [refreshes] },
    }
    const operation = orders(openKyClient(http, { store, keys }))
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.requests.map(request => request.headers.authorization)).toEqual([
      'Bearer old',
      'Bearer fresh',
    ])
    const key = server.requests[0]?.key
    expect(seen).toEqual([
      { key, state: 'pending', attempts: 1, inFlight: true },
      { key, state: 'pending', attempts: 2, inFlight: true },
    ])
    expect(server.effects).toBe(1)
    await expectOneKey(server, operation)
  })

  test.each(HONOURS_OR_IGNORES)(
    'does not settle what an attempt before it may have done: %s keys',
    async keys => {
      const server = await startServer(
        [
          ({ execute, reset }) => {
            execute()
            reset()
          },
          answers(401),
          creates,
        ],
        { keys },
      )
      const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [refreshes] } }
      const operation = orders(openKyClient(http, { keys }))
      expect(await told(operation)).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
      expect(server.requests.length).toBe(keys === 'honours' ? 3 : 1)
      expect(server.effects).toBe(1)
      await expectOneKey(server, operation)
    },
  )

  test('that leads elsewhere leads nowhere', async () => {
    const other = await startServer([creates])
    const server = await startServer([answers(401), creates])
    const http = {
      baseUrl: `${server.origin}/`,
      headers: { authorization: 'Bearer canary-4711' },
      hooks: {
        afterResponse: [
          (({ response }) =>
            response.status === 401
              ? ky.retry({ request: new Request(`${other.origin}/orders`, { method: 'PUT' }), delay: 0 })
              : undefined) satisfies AfterResponseHook,
        ],
      },
    }
    const operation = orders(openKyClient(http))
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /orders',
      'POST /orders',
    ])
    expect(other.connections).toBe(0)
    await expectOneKey(server, operation)
  })

  test('that is refused again is a refusal, not conclusive', async () => {
    const server = await startServer([answers(401)])
    const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [refreshes] } }
    const operation = orders(openKyClient(http))
    expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'rejected' })
    expect(server.requests.length).toBe(2)
    expect(await operation.inspect(CART)).toMatchObject({ state: 'pending', generation: 1, attempts: 2 })
  })
})

describe('an afterResponse hook that retries whatever came', () => {
  const again: AfterResponseHook = () => ky.retry({ delay: 0 })

  test.each(HONOURS_OR_IGNORES)(
    'sends what may have executed only under a key that the server %s',
    async keys => {
      const server = await startServer(
        [
          ({ execute, reply }) => {
            execute()
            reply(503)
          },
        ],
        { keys },
      )
      const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [again] } }
      const operation = orders(openKyClient(http, { keys, retry: { attempts: 1 } }))
      expect(await told(operation)).toEqual(UNKNOWN)
      expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
      expect(server.effects).toBe(1)
      await expectOneKey(server, operation)
    },
  )

  test.each(HONOURS_OR_IGNORES)('never sends what was executed again: a server that %s keys', async keys => {
    const server = await startServer([creates], { keys })
    const counting = countingFetch()
    let aboutToRetry = () => {}
    const retried = new Promise<void>(resolve => (aboutToRetry = resolve))
    const hooks: Hooks = { afterResponse: [again], beforeRetry: [() => aboutToRetry()] }
    const http = { baseUrl: `${server.origin}/`, fetch: counting.fetch, hooks }
    expect(await told(orders(openKyClient(http, { keys })))).toEqual(EXECUTED)
    await retried
    await nextTurn()
    expect(counting.calls()).toBe(1)
    expect(server.effects).toBe(1)
  })
})

test.each<[string, Hooks]>([
  ['gives an answer of its own', { beforeRetry: [() => new Response('{"order":9}', { status: 201 })] }],
  ['stops ky', { beforeRetry: [() => ky.stop] }],
  [
    'throws',
    {
      beforeRetry: [
        () => {
          throw new Error('no')
        },
      ],
    },
  ],
])('a beforeRetry hook that %s leaves the refusal that the server gave', async (_name, hooks) => {
  const server = await startServer([answers(401, '{"error":"expired"}')])
  const all = { ...hooks, afterResponse: [() => ky.retry({ delay: 0 })] }
  const operation = orders(openKyClient({ baseUrl: `${server.origin}/`, hooks: all }))
  expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'rejected' })
  expect(server.requests.length).toBe(1)
})
