import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { CART, countingFetch, expectOneKey, openKyClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { Exchange } from './server.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }

describe('a beforeRequest hook that returns a fresh Request', () => {
  test('decides neither method, nor URL, nor body, nor key', async () => {
    const other = await startServer([creates])
    const server = await startServer([creates])
    const client = openKyClient({
      baseUrl: `${server.origin}/`,
      hooks: {
        beforeRequest: [
          () =>
            new Request(`${other.origin}/elsewhere?x=1`, {
              method: 'PUT',
              body: 'something else',
              headers: { 'idempotency-key': 'of its own', 'content-type': 'text/plain', 'x-trace': 'kept' },
            }),
        ],
      },
    })
    const operation = orders(client)
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /orders'])
    expect(server.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-trace': 'kept',
    })
    expect(other.connections).toBe(0)
    await expectOneKey(server, operation)
  })

  test.each([
    ['content-length', '999'],
    ['transfer-encoding', 'chunked'],
  ])('and sets %s for another body breaks nothing', async (name, value) => {
    const server = await startServer([creates])
    const setting = ({ request }: { readonly request: Request }) => {
      request.headers.set(name, value)
    }
    const operation = orders(
      openKyClient({ baseUrl: `${server.origin}/`, hooks: { beforeRequest: [setting] } }),
    )
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.requests.map(({ headers }) => headers['content-length'])).toEqual([
      String(JSON.stringify(CART).length),
    ])
  })

  test('does not make the redirect of a 303 be followed', async () => {
    const server = await startServer([
      answers(303, '', { location: '/orders/9' }),
      answers(200, '{"order":9}'),
    ])
    const client = openKyClient(
      {
        baseUrl: `${server.origin}/`,
        hooks: { beforeRequest: [({ request }) => new Request(request.url, { redirect: 'follow' })] },
      },
      { retry: { attempts: 1 } },
    )
    expect(await told(orders(client))).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /orders'])
  })

  test('gives no body to a request that has none', async () => {
    const server = await startServer([creates])
    const client = openKyClient({
      baseUrl: `${server.origin}/`,
      hooks: { beforeRequest: [({ request }) => new Request(request.url, { method: 'POST', body: 'x' })] },
    })
    const operation = orders(client, { request: () => ({ method: 'delete', url: 'orders/9' }) })
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.requests.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: 'DELETE', body: '' },
    ])
  })
})

test('a hook that takes the key away, or gives another one, changes nothing', async () => {
  const server = await startServer([answers(503), creates])
  let sends = 0
  const client = openKyClient({
    baseUrl: `${server.origin}/`,
    hooks: {
      beforeRequest: [
        ({ request }) => {
          sends += 1
          if (sends === 1) request.headers.delete('Idempotency-Key')
          else request.headers.append('IDEMPOTENCY-KEY', 'another')
        },
      ],
    },
  })
  const operation = orders(client)
  expect(await told(operation)).toEqual(EXECUTED)
  expect(server.requests.length).toBe(2)
  await expectOneKey(server, operation)
})

describe('a beforeRequest hook that answers itself', () => {
  const hooks = { beforeRequest: [() => new Response('{"order":9}', { status: 201 })] }

  test('is no server: nothing was sent, and the error says so', async () => {
    const server = await startServer([creates])
    const operation = orders(openKyClient({ baseUrl: `${server.origin}/`, hooks }))
    const end = await operation.start(CART).settled
    expect(end).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'configuration', outcome: 'not-executed' },
    })
    expect(end.error?.message).toContain('http.hooks: a hook answered in the place of the server')
    expect(server.connections).toBe(0)
    expect(await operation.inspect(CART)).toBeUndefined()
  })

  test('takes no doubt back', async () => {
    const server = await startServer([({ reset }) => reset()])
    let isOn = false
    const client = openKyClient({
      baseUrl: `${server.origin}/`,
      hooks: { beforeRequest: [() => (isOn ? hooks.beforeRequest[0]?.() : undefined)] },
    })
    const operation = orders(client)
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    isOn = true
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'configuration' })
    expect(server.requests.length).toBe(3)
  })
})

describe('a beforeRequest hook that throws', () => {
  test('sent nothing; what it threw stays out of the error', async () => {
    const server = await startServer([creates])
    const client = openKyClient({
      baseUrl: `${server.origin}/`,
      hooks: {
        beforeRequest: [
          () => {
            throw new Error('no token: canary-4711')
          },
        ],
      },
    })
    const operation = orders(client)
    const end = await operation.start(CART).settled
    expect(end).toMatchObject({ outcome: 'not-executed', error: { code: 'unresolved' } })
    const { stack, cause } = end.error as Error
    expect(`${stack} ${(cause as Error).stack}`).not.toContain('canary-4711')
    expect(server.connections).toBe(0)
    expect(await operation.inspect(CART)).toBeUndefined()
  })

  test('once: the next attempt goes on', async () => {
    const server = await startServer([creates])
    let calls = 0
    const client = openKyClient({
      baseUrl: `${server.origin}/`,
      hooks: {
        beforeRequest: [
          () => {
            calls += 1
            if (calls === 1) throw new TypeError('fetch failed')
          },
        ],
      },
    })
    expect(await told(orders(client))).toEqual(EXECUTED)
    expect(server.effects).toBe(1)
  })
})

describe('a beforeRequest hook that hangs', () => {
  test('is bounded by the timeout, and nothing was sent', async () => {
    const server = await startServer([creates])
    const http = {
      baseUrl: `${server.origin}/`,
      hooks: { beforeRequest: [() => new Promise<void>(() => {})] },
    }
    const client = openKyClient(http, { timeout: 100, retry: { attempts: 2, backoff: { base: 1, cap: 2 } } })
    expect(await told(orders(client))).toEqual({ outcome: 'not-executed', code: 'unresolved' })
    expect(server.connections).toBe(0)
  })

  test('and goes on when its attempt is over finds the gate shut', async () => {
    const server = await startServer([creates])
    let goOn = () => {}
    const hanging = new Promise<void>(resolve => (goOn = resolve))
    const counting = countingFetch()
    const http = {
      baseUrl: `${server.origin}/`,
      fetch: counting.fetch,
      hooks: { beforeRequest: [() => hanging] },
    }
    const operation = orders(openKyClient(http, { timeout: 1_000, retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'unresolved' })
    goOn()
    await nextTurn()
    expect(counting.calls()).toBe(0)
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.effects).toBe(1)
  })

  test.each(['honours', 'ignores'] as const)(
    'and goes on while a later attempt is in the air finds the gate shut: a server that %s keys',
    async keys => {
      const held: Exchange[] = []
      const server = await startServer([exchange => held.push(exchange)], { keys })
      let goOn = () => {}
      let calls = 0
      const hangsOnce = () => {
        calls += 1
        return calls > 1 ? undefined : new Promise<void>(resolve => (goOn = resolve))
      }
      const counting = countingFetch()
      const hooks = { beforeRequest: [hangsOnce] }
      const http = { baseUrl: `${server.origin}/`, fetch: counting.fetch, hooks }
      const run = orders(openKyClient(http, { keys, timeout: 1_000 })).start(CART)
      await server.received(1)
      goOn()
      await nextTurn()
      for (const exchange of held) creates(exchange)
      expect(await run.settled).toMatchObject(EXECUTED)
      expect(counting.calls()).toBe(1)
      expect(server.effects).toBe(1)
    },
  )

  test('ends with an abort at once', async () => {
    const server = await startServer([creates])
    const http = {
      baseUrl: `${server.origin}/`,
      hooks: { beforeRequest: [() => new Promise<void>(() => {})] },
    }
    const run = orders(openKyClient(http, { timeout: 60_000, deadline: 120_000 })).start(CART)
    await nextTurn()
    run.abort()
    expect(await run.settled).toMatchObject({
      outcome: 'not-executed',
      error: { name: 'AbortError', code: 'aborted' },
    })
    expect(server.connections).toBe(0)
  })
})

describe('a beforeRequest hook that takes time', () => {
  test('asks nothing with the credential of an account that was switched meanwhile', async () => {
    let account = 'acct-1'
    const server = await startServer([answers(503, ''), creates])
    const client = openKyClient(
      {
        baseUrl: `${server.origin}/`,
        hooks: {
          beforeRequest: [
            async ({ request }) => {
              if (request.method !== 'GET') return
              await nextTurn()
              account = 'acct-2'
            },
          ],
        },
      },
      { retry: { attempts: 1 }, account: () => account },
    )
    const status = { request: () => ({ url: 'orders/by-key' }), read: () => ({ absent: true }) as const }
    expect(await told(orders(client, { status }))).toMatchObject({ outcome: 'unknown', code: 'unresolved' })
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /orders'])
  })
})
