import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { azure, defineProfile, ietf } from '../../src/entries/index.ts'
import { CLIENTS, openClient, openKyClient, orders, told, TRANSPORTS } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { Step, TestServer } from './server.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }
const TOKEN = { authorization: 'Bearer canary-4711' }

function accepts(headers: Readonly<Record<string, string>>): Step {
  return ({ execute, reply }) => {
    execute()
    reply(202, '', headers)
  }
}

const succeeded = answers(200, '{"status":"Succeeded","result":{"order":9}}')

function lines(server: TestServer): readonly string[] {
  return server.requests.map(({ method, path }) => `${method} ${path}`)
}

describe.each(CLIENTS)('over $transport, a 202 of a server that $keys keys', ({ transport, keys }) => {
  test.each([
    ['/orders/9/status', '/orders/9/status'],
    ['status/9?token=x', '/status/9?token=x'],
    ['?status=9', '/orders?status=9'],
    ['ORIGIN/jobs/9', '/jobs/9'],
    ['//HOST/jobs/9', '/jobs/9'],
  ])('with the Location %s is asked there, with credentials and without the key', async (location, path) => {
    const server: TestServer = await startServer(
      [
        exchange => {
          const place = location.replace('ORIGIN', server.origin).replace('HOST', `127.0.0.1:${server.port}`)
          accepts({ location: place })(exchange)
        },
        answers(200, '{"status":"running"}'),
        succeeded,
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys, headers: TOKEN }))
    expect(await told(operation)).toEqual(EXECUTED)
    expect(lines(server)).toEqual(['POST /orders', `GET ${path}`, `GET ${path}`])
    for (const { key, headers, body } of server.requests.slice(1)) {
      expect({ key, body, accept: headers.accept, authorization: headers.authorization }).toEqual({
        key: undefined,
        body: '',
        accept: 'application/json',
        authorization: 'Bearer canary-4711',
      })
    }
    expect(server.effects).toBe(1)
  })

  test.each([
    'http://OTHER/jobs/9',
    '//OTHER/jobs/9',
    '\\\\OTHER\\jobs\\9',
    '/\\OTHER/jobs/9',
    'http:\\\\OTHER/jobs/9',
    'http://OWN@OTHER/jobs/9',
    'http://me:canary-4711@OWN/jobs/9',
    'https://OWN/jobs/9',
    'javascript:alert(9)',
    'file:///etc/passwd',
    '   ',
  ])('with the Location %s is not asked there', async location => {
    const other = await startServer([succeeded])
    const server: TestServer = await startServer(
      [
        exchange => {
          const place = location
            .replace('OTHER', `127.0.0.1:${other.port}`)
            .replace('OWN', `127.0.0.1:${server.port}`)
          accepts({ location: place })(exchange)
        },
        creates,
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys, headers: TOKEN }))
    expect(await told(operation)).toEqual(
      keys === 'honours' ? EXECUTED : { outcome: 'unknown', code: 'still-processing' },
    )
    expect(lines(server)).toEqual(keys === 'honours' ? ['POST /orders', 'POST /orders'] : ['POST /orders'])
    expect(server.effects).toBe(1)
    expect(other.connections).toBe(0)
  })

  test('whose status resource answers 303 is asked where that leads, within the origin', async () => {
    const server = await startServer(
      [
        accepts({ location: '/jobs/9' }),
        answers(303, '', { location: '/orders/9' }),
        answers(200, '{"order":9}'),
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys, headers: TOKEN }))
    expect(await told(operation)).toEqual(EXECUTED)
    expect(lines(server)).toEqual(['POST /orders', 'GET /jobs/9', 'GET /orders/9'])
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer canary-4711')
  })

  test.each([301, 302, 303, 307, 308])(
    'whose status resource leads to another origin by %i is asked no further',
    async status => {
      const other = await startServer([succeeded])
      const server = await startServer(
        [
          accepts({ location: '/jobs/9' }),
          answers(status, '', { location: `${other.origin}/orders/9` }),
          succeeded,
        ],
        { keys },
      )
      const operation = orders(openClient(transport, server.origin, { keys, headers: TOKEN }))
      expect(await told(operation)).toEqual(EXECUTED)
      expect(lines(server)).toEqual(['POST /orders', 'GET /jobs/9', 'GET /jobs/9'])
      expect(other.connections).toBe(0)
    },
  )

  test('whose status resource is lost, cut or broken once is asked again: a failed poll is no failed operation', async () => {
    const server = await startServer(
      [
        accepts({ location: '/jobs/9' }),
        ({ reset }) => reset(),
        answers(503),
        ({ close }) => close('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"status":"failed"'),
        answers(200, '<!doctype html>', { 'content-type': 'text/html' }),
        succeeded,
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys: 'ignores' }), {
      response: z.unknown(),
      status: { request: () => ({ url: 'jobs/9' }) },
    })
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.requests.filter(({ method }) => method === 'POST').length).toBe(1)
    expect(server.requests.length).toBe(6)
  })
})

describe.each(TRANSPORTS)('over %s', transport => {
  test.each([
    ['Succeeded', '{"id":"9","status":"Succeeded","result":{"order":9}}', EXECUTED],
    [
      'Failed',
      '{"id":"9","status":"Failed","error":{"code":"Sold"}}',
      { outcome: 'not-executed', code: 'rejected' },
    ],
    ['Canceled', '{"id":"9","status":"Canceled"}', { outcome: 'not-executed', code: 'rejected' }],
  ])("Azure's Operation-Location is asked before Location, until %s", async (_word, body, end) => {
    const server = await startServer([
      accepts({ 'operation-location': '/operations/9', location: '/orders/9' }),
      answers(200, '{"id":"9","status":"NotStarted"}'),
      answers(200, '{"id":"9","status":"Running"}'),
      answers(200, body),
    ])
    const operation = orders(openClient(transport, server.origin, { profile: azure }))
    expect(await told(operation)).toEqual(end)
    expect(lines(server)).toEqual(['POST /orders', ...Array<string>(3).fill('GET /operations/9')])
    expect(server.requests[0]?.headers['repeatability-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(server.requests[0]?.headers['repeatability-first-sent']).toMatch(/ GMT$/)
  })

  test('Azure-AsyncOperation is asked before Location', async () => {
    const server = await startServer([
      accepts({ 'azure-asyncoperation': '/operations/9', location: '/orders/9' }),
      succeeded,
    ])
    expect(await told(orders(openClient(transport, server.origin)))).toEqual(EXECUTED)
    expect(lines(server)).toEqual(['POST /orders', 'GET /operations/9'])
  })

  test('an origin that the profile trusts is asked without credentials, cookies or key', async () => {
    const other = await startServer([succeeded])
    const profile = defineProfile({ ...withoutRules(), trustedOrigins: [other.origin] })
    const server = await startServer([accepts({ location: `${other.origin}/jobs/9?sig=x` })])
    const headers = { ...TOKEN, cookie: 'session=canary-4711', 'x-api-key': 'canary-4711' }
    expect(await told(orders(openClient(transport, server.origin, { profile, headers })))).toEqual(EXECUTED)
    expect(lines(server)).toEqual(['POST /orders'])
    expect(lines(other)).toEqual(['GET /jobs/9?sig=x'])
    expect(JSON.stringify(other.requests[0])).not.toContain('canary-4711')
    expect(other.requests[0]?.key).toBeUndefined()
  })

  test('an origin that is trusted may lead back, which nobody follows', async () => {
    const other = await startServer([
      exchange => exchange.reply(303, '', { location: `${server.origin}/secret` }),
      succeeded,
    ])
    const profile = defineProfile({ ...withoutRules(), trustedOrigins: [other.origin] })
    const server: TestServer = await startServer([accepts({ location: `${other.origin}/jobs/9` })])
    expect(await told(orders(openClient(transport, server.origin, { profile, headers: TOKEN })))).toEqual(
      EXECUTED,
    )
    expect(lines(server)).toEqual(['POST /orders'])
  })

  test('a relative Location after a 307 is relative to where that led', async () => {
    const server = await startServer([
      answers(307, '', { location: '/v2/orders/new' }),
      accepts({ location: 'status/7' }),
      succeeded,
    ])
    expect(await told(orders(openClient(transport, server.origin)))).toEqual(EXECUTED)
    expect(lines(server)).toEqual(['POST /orders', 'POST /v2/orders/new', 'GET /v2/orders/status/7'])
  })
})

/** ky's own ways to say where requests go. */
describe("an instance's prefix and parameters", () => {
  const secret = { searchParams: { api_key: 'canary-4711' } }

  test('do not change where an answer says to ask, but for what every request of the instance carries', async () => {
    const server = await startServer([accepts({ location: '/jobs/9?part=2' }), succeeded])
    const operation = orders(openKyClient({ prefix: `${server.origin}/api`, ...secret }))
    expect(await told(operation)).toEqual(EXECUTED)
    expect(lines(server)).toEqual([
      'POST /api/orders?api_key=canary-4711',
      'GET /jobs/9?part=2&api_key=canary-4711',
    ])
  })

  test('do not go to an origin that the profile trusts', async () => {
    const other = await startServer([succeeded])
    const profile = defineProfile({ ...withoutRules(), trustedOrigins: [other.origin] })
    const server = await startServer([accepts({ location: `${other.origin}/jobs/9?sig=a%20b` })])
    const operation = orders(openKyClient({ baseUrl: server.origin, ...secret }, { profile }))
    expect(await told(operation)).toEqual(EXECUTED)
    expect(lines(other)).toEqual(['GET /jobs/9?sig=a%20b'])
  })

  test('go with a status request of the definition, as with every request of it', async () => {
    const server = await startServer([({ reset }) => reset(), answers(200, '{"order":9}')])
    const http = { prefix: `${server.origin}/api`, ...secret }
    const operation = orders(openKyClient(http, { keys: 'ignores' }), {
      response: z.unknown(),
      status: { request: () => ({ url: 'orders/9' }) },
    })
    expect(await told(operation)).toEqual(EXECUTED)
    expect(lines(server)[1]).toBe('GET /api/orders/9?api_key=canary-4711')
  })
})

function withoutRules() {
  return { name: 'acme', honoursKeys: true, retention: ietf.retention }
}
