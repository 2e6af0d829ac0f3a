import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { CART, CLIENTS, expectOneKey, openClient, openKyClient, orders, told, TRANSPORTS } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { Step, TestServer } from './server.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }
const UNKNOWN = { outcome: 'unknown', code: 'unresolved' }

const executesSilently: Step = ({ execute, reset }) => {
  execute()
  reset()
}

function lines(server: TestServer): readonly string[] {
  return server.requests.map(({ method, path }) => `${method} ${path}`)
}

/** The server that says so in its status answers, by key. */
const byKey = {
  response: z.object({ order: z.number() }),
  status: { request: ({ key }: { key: string }) => ({ url: `orders/by-key/${key}` }) },
}

describe.each(TRANSPORTS)('over %s, without keys, after a lost answer', transport => {
  test('the status request finds out, and nothing is sent again', async () => {
    const server = await startServer([executesSilently, answers(200, '{"order":9}')], { keys: 'ignores' })
    const headers = { authorization: 'Bearer canary-4711' }
    const operation = orders(openClient(transport, server.origin, { keys: 'ignores', headers }), byKey)
    expect(await told(operation)).toEqual(EXECUTED)
    expect(lines(server)).toEqual(['POST /orders', `GET /orders/by-key/${server.requests[0]?.key}`])
    expect(server.requests[1]?.headers.authorization).toBe('Bearer canary-4711')
    expect(server.effects).toBe(1)
  })

  test('what asks goes past caches, and what sends says nothing of them', async () => {
    const server = await startServer([executesSilently, answers(200, '{"order":9}')], { keys: 'ignores' })
    expect(await told(orders(openClient(transport, server.origin, { keys: 'ignores' }), byKey))).toEqual(
      EXECUTED,
    )
    // Node's fetch adds both headers for `no-store` itself; ours stands first.
    expect(server.requests.map(({ headers }) => headers['cache-control'])).toEqual([undefined, 'no-cache'])
  })

  test('"not found" proves nothing and permits nothing', async () => {
    const server = await startServer([executesSilently, answers(404)], { keys: 'ignores' })
    const client = openClient(transport, server.origin, { keys: 'ignores', deadline: 1_000, timeout: 500 })
    const operation = orders(client, byKey)
    expect(await told(operation)).toEqual(UNKNOWN)
    expect(server.requests.filter(({ method }) => method === 'POST').length).toBe(1)
  })

  test.each(['http://OTHER/orders', '//OTHER/orders', '\\\\OTHER\\orders'])(
    'a status request to %s is never made',
    async url => {
      const other = await startServer([answers(200, '{"order":9}')])
      const server = await startServer([executesSilently], { keys: 'ignores' })
      const client = openClient(transport, server.origin, { keys: 'ignores', deadline: 1_000, timeout: 500 })
      const operation = orders(client, {
        ...byKey,
        status: { request: () => ({ url: url.replace('OTHER', `127.0.0.1:${other.port}`) }) },
      })
      expect(await told(operation)).toEqual(UNKNOWN)
      expect(other.connections).toBe(0)
    },
  )

  test('a status answer that hangs is bounded by the timeout, and asked again', async () => {
    const server = await startServer(
      [
        executesSilently,
        () => {},
        ({ write }) => write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'),
        answers(200, '{"order":9}'),
      ],
      { keys: 'ignores' },
    )
    const client = openClient(transport, server.origin, { keys: 'ignores', timeout: 1_000 })
    expect(await told(orders(client, byKey))).toEqual(EXECUTED)
    expect(server.requests.length).toBe(4)
  })

  test('a status answer over the limit is cut, and tells nothing', async () => {
    const big = `{"order":"${'x'.repeat(5_000)}"}`
    const server = await startServer([executesSilently, answers(200, big)], { keys: 'ignores' })
    const client = openClient(transport, server.origin, {
      keys: 'ignores',
      maxBodyBytes: 1_000,
      deadline: 1_000,
      timeout: 500,
    })
    expect(await told(orders(client, byKey))).toEqual(UNKNOWN)
  })
})

describe('ky hooks and a status request', () => {
  test('a hook that answers in the place of the server proves nothing', async () => {
    const server = await startServer([executesSilently], { keys: 'ignores' })
    const http = {
      baseUrl: `${server.origin}/`,
      hooks: {
        beforeRequest: [
          ({ request }: { request: Request }) =>
            request.method === 'GET' ? new Response('{"status":"failed"}') : undefined,
        ],
      },
    }
    const client = openKyClient(http, { keys: 'ignores', deadline: 1_000, timeout: 500 })
    expect(await told(orders(client, byKey))).toEqual(UNKNOWN)
    expect(lines(server)).toEqual(['POST /orders'])
  })

  test('a hook that returns a fresh Request decides neither URL nor method', async () => {
    const other = await startServer([answers(200, '{"status":"failed"}')])
    const server = await startServer([executesSilently, answers(200, '{"order":9}')], { keys: 'ignores' })
    const http = {
      baseUrl: `${server.origin}/`,
      hooks: { beforeRequest: [() => new Request(`${other.origin}/x`, { method: 'POST', body: 'x' })] },
    }
    expect(await told(orders(openKyClient(http, { keys: 'ignores' }), byKey))).toEqual(EXECUTED)
    expect(lines(server)[1]).toMatch(/^GET \/orders\/by-key\//)
    expect(other.connections).toBe(0)
  })

  test('what a hook makes of the answer is not the answer', async () => {
    const server = await startServer([executesSilently, answers(200, '{"order":9}')], { keys: 'ignores' })
    const http = {
      baseUrl: `${server.origin}/`,
      hooks: { afterResponse: [() => new Response('{"status":"failed"}')] },
    }
    expect(await told(orders(openKyClient(http, { keys: 'ignores' }), byKey))).toEqual(EXECUTED)
  })
})

describe.each(CLIENTS)('over $transport, a 409 of a server that $keys keys', ({ transport, keys }) => {
  const busy = answers(409, '{"error":"in progress"}', { 'retry-after': '0' })

  test('with Retry-After is polled by sending the same again, where the key is honoured', async () => {
    const server = await startServer(
      [
        exchange => {
          exchange.execute()
          return busy(exchange)
        },
        busy,
        creates,
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys }))
    const end = await told(operation)
    expect(end).toEqual(keys === 'honours' ? EXECUTED : { outcome: 'unknown', code: 'conflict' })
    expect(server.requests.length).toBe(keys === 'honours' ? 3 : 1)
    await expectOneKey(server, operation)
  })
})

describe('Retry-After', () => {
  // At once, because each takes a second.
  test('is waited for: in seconds, as a date, and from a poll', async () => {
    const dated: Step = ({ reply }) =>
      // A date holds whole seconds, so this one is one to two seconds away.
      reply(503, '', { 'retry-after': new Date(Date.now() + 2_000).toUTCString() })
    const accepted: Step = ({ execute, reply }) => {
      execute()
      reply(202, '', { location: '/jobs/9', 'retry-after': '0' })
    }
    const running = answers(200, '{"status":"running"}', { 'retry-after': '1' })
    const took = await Promise.all(
      [
        [answers(503, '', { 'retry-after': '1' }), creates],
        [dated, creates],
        [accepted, running, answers(200, '{"status":"succeeded","result":{"order":9}}')],
      ].map(async steps => {
        const server = await startServer(steps)
        const began = performance.now()
        expect(await told(orders(openClient('ky', server.origin)))).toEqual(EXECUTED)
        expect(server.requests.length).toBe(steps.length)
        return performance.now() - began
      }),
    )
    expect(Math.min(...took)).toBeGreaterThanOrEqual(990)
  })

  test.each([
    '-1',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    '',
    '99999999999',
    '2592001',
    'Wed, 21 Oct 2015 07:28:00 GMT',
    'NaN',
    '1, 2',
  ])('of %o is ignored', async value => {
    const server = await startServer([answers(503, '', { 'retry-after': value }), creates])
    const waits: number[] = []
    const client = openClient('ky', server.origin, {
      onEvent: event => void (event.type === 'waiting' && waits.push(event.delayMs)),
    })
    expect(await told(orders(client))).toEqual(EXECUTED)
    // The backoff of these tests: nothing that the answer said made it longer.
    expect(waits).toHaveLength(1)
    expect(waits[0]).toBeLessThanOrEqual(2)
  })

  test.each(['3600', '2592000'])(
    'of %s seconds, beyond the deadline, ends the run and says until when',
    async value => {
      const server = await startServer([answers(503, '', { 'retry-after': value })])
      const end = await orders(openClient('ky', server.origin)).start(CART).settled
      expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'unresolved', outcome: 'unknown' } })
      expect(Math.abs((end.error?.retryAt ?? 0) - Date.now() - Number(value) * 1_000)).toBeLessThan(2_000)
      expect(server.requests.length).toBe(1)
    },
  )
})
