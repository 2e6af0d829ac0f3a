import { describe, expect, test } from 'vitest'
import { CLIENTS, expectOneKey, openClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { TestServer } from './server.ts'

const CANARY = 'Bearer canary-4711'

describe.each(CLIENTS)('over $transport, a server that $keys keys', ({ transport, keys }) => {
  describe.each([301, 302, 303, 307, 308])('a redirect with %i', status => {
    test('to another origin is not followed: unknown, and nothing goes there', async () => {
      const other = await startServer([creates])
      const server = await startServer([answers(status, '', { location: `${other.origin}/orders` })], {
        keys,
      })
      const headers = { authorization: CANARY }
      const operation = orders(openClient(transport, server.origin, { keys, headers }))
      expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
      expect(server.requests.length).toBe(keys === 'honours' ? 3 : 1)
      expect(other.connections).toBe(0)
      await expectOneKey(server, operation)
    })

    test.each(['//HOST/orders', '\\\\HOST\\orders', 'http:\\\\HOST/orders', 'http://me:pw@OWN/orders'])(
      'to %s is not followed',
      async pattern => {
        const other = await startServer([creates])
        const server: TestServer = await startServer(
          [
            ({ reply }) => {
              const own = pattern.replace('OWN', `127.0.0.1:${server.port}`)
              reply(status, '', { location: own.replace('HOST', `127.0.0.1:${other.port}`) })
            },
          ],
          { keys },
        )
        const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
        expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
        expect(server.requests.length).toBe(1)
        expect(other.connections).toBe(0)
      },
    )
  })

  test.each([301, 302, 303])(
    '%i within the origin is not followed, and what is there is no success',
    async status => {
      const server = await startServer([answers(status, '', { location: '/orders/9' }), answers(200, '{}')], {
        keys,
      })
      const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
      expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
      expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /orders'])
    },
  )

  test.each([307, 308])(
    '%i within the origin is followed with method, key, body and headers',
    async status => {
      const server = await startServer([answers(status, 'moved', { location: '/v2/orders' }), creates], {
        keys,
      })
      const headers = { authorization: CANARY }
      const operation = orders(openClient(transport, server.origin, { keys, headers }))
      expect(await told(operation)).toEqual({ outcome: 'executed', data: { order: 9 } })
      expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /orders',
        'POST /v2/orders',
      ])
      expect(server.requests.map(request => request.headers.authorization)).toEqual([CANARY, CANARY])
      expect(server.effects).toBe(1)
      await expectOneKey(server, operation)
    },
  )

  test('what is lost after a 307 may have executed', async () => {
    const server = await startServer(
      [
        answers(307, '', { location: '/v2/orders' }),
        ({ execute, reset }) => {
          execute()
          reset()
        },
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.effects).toBe(1)
    await expectOneKey(server, operation)
  })

  test('a connection that is refused after a 307 is a doubt: something was sent, and answered', async () => {
    const server: TestServer = await startServer(
      [
        ({ reply }) => {
          server.refuse()
          reply(307, '', { location: '/v2/orders', connection: 'close' })
        },
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.requests.length).toBe(1)
  })

  test('a 307 within the origin that leads to another one ends there', async () => {
    const other = await startServer([creates])
    const server = await startServer(
      [
        answers(307, '', { location: '/v2/orders' }),
        answers(308, '', { location: `http://127.0.0.1:${other.port}/orders` }),
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.requests.length).toBe(2)
    expect(other.connections).toBe(0)
  })

  test('a circle of 307s ends, unknown', async () => {
    const server = await startServer([answers(307, '', { location: '/orders' })], { keys })
    const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.requests.length).toBe(6)
  })

  test('a redirect without a Location is one that is not followed', async () => {
    const server = await startServer([answers(307)], { keys })
    const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
  })
})
