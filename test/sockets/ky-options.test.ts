import ky from 'ky'
import type { KyInstance, Options } from 'ky'
import { setTimeout as after } from 'node:timers'
import { describe, expect, test } from 'vitest'
import { CART, expectOneKey, openKyClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { Step } from './server.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }
const UNKNOWN = { outcome: 'unknown', code: 'unresolved' }

describe("ky's own retries and timeouts are off, whatever the instance says", () => {
  const eager: Options = {
    retry: {
      limit: 5,
      methods: ['post'],
      statusCodes: [503],
      delay: () => 0,
      retryOnTimeout: true,
      shouldRetry: () => true,
    },
    throwHttpErrors: true,
  }

  test.each<[string, Options]>([
    ['options', eager],
    ['options with an afterResponse hook', { ...eager, hooks: { afterResponse: [() => undefined] } }],
  ])('a 503 under %s is sent as often as the client says', async (_name, options) => {
    const server = await startServer([answers(503)])
    const operation = orders(openKyClient(ky.create({ ...options, baseUrl: `${server.origin}/` })))
    expect(await told(operation)).toEqual(UNKNOWN)
    expect(server.requests.length).toBe(3)
    await expectOneKey(server, operation)
  })

  test.each<[string, Options]>([
    ['options', eager],
    ['options with an afterResponse hook', { ...eager, hooks: { afterResponse: [() => undefined] } }],
    ['an init hook', { hooks: { init: [options => void Object.assign(options, eager)] } }],
  ])('without keys a lost answer under %s is never sent again', async (_name, options) => {
    const server = await startServer([({ reset }) => reset()], { keys: 'ignores' })
    const client = openKyClient(ky.create({ ...options, baseUrl: `${server.origin}/` }), {
      keys: 'ignores',
    })
    expect(await told(orders(client))).toEqual(UNKNOWN)
    expect(server.requests.length).toBe(1)
  })

  test.each<Options>([{ timeout: 20 }, { totalTimeout: 20 }])('%o cuts nothing', async options => {
    const slow: Step = ({ execute, reply }) => {
      execute()
      after(() => reply(201, '{"order":9}'), 100)
    }
    const server = await startServer([slow])
    const http = ky.create({ ...options, baseUrl: `${server.origin}/` })
    expect(await told(orders(openKyClient(http)))).toEqual(EXECUTED)
    expect(server.requests.length).toBe(1)
  })
})

const BIG = '{"order":653247040368672769}'
const exact = (text: string): unknown => JSON.parse(text.replaceAll(/:(\d{16,})/g, ':"$1"'))

test('parseJson reads what the caller gets, now and later, and what callbacks see', async () => {
  const server = await startServer([answers(201, BIG)])
  const seen: unknown[] = []
  const client = openKyClient({ baseUrl: `${server.origin}/`, parseJson: exact })
  const operation = orders(client, { verdict: ({ body }) => void seen.push(body) })
  const data = { order: '653247040368672769' }
  expect(await told(operation)).toEqual({ outcome: 'executed', data })
  expect(await operation.run(CART)).toEqual(data)
  expect((await operation.inspect(CART))?.data).toEqual(data)
  expect(seen).toEqual([data])
})

test('parseJson reads the answer to a status request, whose text is kept as it came', async () => {
  const server = await startServer([({ reset }) => reset(), answers(200, BIG)], { keys: 'ignores' })
  const parseJson = (text: string): unknown => ({ order: BigInt(/\d+/.exec(text)?.[0] ?? 0) })
  const client = openKyClient({ baseUrl: `${server.origin}/`, parseJson }, { keys: 'ignores' })
  const operation = orders(client, {
    status: {
      request: ({ id }) => ({ url: `orders/${encodeURIComponent(String(id))}` }),
      read: ({ body }) => ({ outcome: 'executed', data: body }),
    },
  })
  expect(await told(operation)).toEqual({ outcome: 'executed', data: { order: 653247040368672769n } })
})

test.each([
  ['throws', () => expect.fail('not this way')],
  ['gives a promise', () => Promise.resolve({})],
])('parseJson that %s: executed, and its result cannot be read', async (_name, parseJson) => {
  const server = await startServer([creates])
  const operation = orders(openKyClient({ baseUrl: `${server.origin}/`, parseJson }))
  expect(await told(operation)).toMatchObject({ outcome: 'executed', code: 'response-invalid' })
})

test.each<[string, unknown, string]>([
  ['prefixUrl', '/api', 'give `baseUrl`, or `prefix`'],
  ['baseURL', 'https://a.test', 'give `baseUrl`'],
  ['baseurl', 'https://a.test', 'there is no such option'],
  ['stringifyJson', JSON.stringify, 'give `body` with your own text'],
  ['cache', 'no-store', 'no answer about an operation may come from a cache'],
  ['proxy', 'http://proxy.test', "has no effect in Node: give undici's `dispatcher`"],
  ['tls', { ca: '' }, 'has no effect in Node'],
  ['client', {}, 'has no effect in Node'],
  ['cf', { cacheTtl: 60 }, 'has no effect in Node'],
  ['next', { revalidate: 60 }, 'no answer about an operation may come from a cache'],
  ['mode', 'no-cors', 'leaves the key out'],
  ['method', 'put', '`request` of the definition gives it'],
  ['json', {}, '`request` of the definition gives it'],
  ['body', 'x', '`request` of the definition gives it'],
  ['onUploadProgress', () => {}, 'the bytes are sent at once'],
  ['withCredentials', true, "give `credentials: 'include'`"],
  ['hooks', { beforeRequests: [] }, 'http.hooks.beforeRequests: there is no such hook'],
  ['parseJson', 'JSON', 'must be a function'],
  ['headers', () => ({ authorization: 'Bearer t' }), 'a beforeRequest hook sets what changes'],
  ['headers', async () => ({ authorization: 'Bearer t' }), 'a beforeRequest hook sets what changes'],
  ['headers', 'authorization: Bearer t', 'must be an object of names and values, Headers, or pairs'],
  ['headers', 5, 'must be an object of names and values, Headers, or pairs'],
  ['headers', { authorization: Promise.resolve('Bearer t') }, 'http.headers.authorization: must be a text'],
  ['headers', { 'Idempotency-Key': 'mine' }, 'http.headers.Idempotency-Key: is the key itself'],
  ['searchParams', () => ({ tenant: 7 }), 'must be an object, a text, URLSearchParams or a list of pairs'],
  ['searchParams', new Map([['tenant', '7']]), 'must be an object, a text, URLSearchParams'],
  ['searchParams', 5, 'must be an object, a text, URLSearchParams or a list of pairs'],
  ['credentials', true, "must be 'omit', 'same-origin' or 'include'"],
  ['dispatcher', 5, 'must be an object'],
])('http.%s is told by name, of options and of an instance', (name, value, instead) => {
  const message = expect.stringMatching(new RegExp(`^http\\.${name}`))
  for (const http of [{ [name]: value }, ky.create({ [name]: value })]) {
    if (typeof http === 'function' && ['hooks', 'prefixUrl'].includes(name)) continue
    const open = () => openKyClient(http)
    expect(open).toThrow(expect.objectContaining({ code: 'configuration', message }))
    expect(open).toThrow(instead)
  }
})

test('a promise of headers is told by name of options; an instance has turned the promise into no headers', () => {
  const headers = Promise.resolve({ authorization: 'Bearer t' })
  expect(() => openKyClient({ headers } as never)).toThrow('http.headers: must be synchronous')
})

test.each<[string, NonNullable<Options['headers']>]>([
  ['an object', { authorization: 'Bearer t', 'x-none': undefined }],
  ['Headers', new Headers({ authorization: 'Bearer t' })],
  ['pairs', [['authorization', 'Bearer t']]],
  ['a Map', new Map([['authorization', 'Bearer t']]) as never],
])('http.headers may be %s', async (_name, headers) => {
  for (const http of [{ headers }, ky.create({ headers })] as const) {
    const server = await startServer([creates])
    const given =
      typeof http === 'function'
        ? http.extend({ baseUrl: server.origin })
        : { ...http, baseUrl: server.origin }
    expect(await told(orders(openKyClient(given)))).toEqual(EXECUTED)
    expect(server.requests[0]?.headers['authorization']).toBe('Bearer t')
  }
})

test('what only another fetch understands is left to that fetch', () => {
  const http = { proxy: 'http://proxy.test', fetch: () => Promise.reject(new Error('not this way')) }
  expect(() => openKyClient(http as Options)).not.toThrow()
})

test.each(['retry', 'timeout', 'totalTimeout', 'throwHttpErrors', 'redirect'])(
  'http.%s is told by name in options; an instance may have it for others',
  name => {
    const http = { [name]: name === 'redirect' ? 'follow' : 1 } as Options
    expect(() => openKyClient(http)).toThrow(`http.${name}: `)
    expect(() => openKyClient(ky.create(http))).not.toThrow()
  },
)

test("a hook that makes the request 'no-cors', which a browser sends without the key, sends nothing", async () => {
  const server = await startServer([creates])
  const http = ky.create({
    baseUrl: `${server.origin}/`,
    hooks: { beforeRequest: [({ request }) => new Request(request, { mode: 'no-cors' })] },
  })
  const operation = orders(openKyClient(http))
  expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'configuration' })
  expect(server.requests).toEqual([])
  expect((await operation.inspect(CART))?.attempts ?? 0).toBe(0)
})

test('what the http layer says of how a request travels holds for asks too', async () => {
  const server = await startServer([({ reset }) => reset(), answers(200, '{"order":9}')], { keys: 'ignores' })
  const seen: unknown[] = []
  const dispatcher = { of: 'the proxy' }
  const own: typeof fetch = (input, init) => {
    const { dispatcher: given, ...rest } = init as RequestInit & { dispatcher?: unknown }
    seen.push([rest.method, given])
    return fetch(input, rest)
  }
  const client = openKyClient({ baseUrl: `${server.origin}/`, fetch: own, dispatcher } as Options, {
    keys: 'ignores',
  })
  const status = {
    request: () => ({ url: 'orders/9' }),
    read: () => ({ outcome: 'executed' as const, data: { order: 9 } }),
  }
  expect(await told(orders(client, { status }))).toEqual(EXECUTED)
  expect(seen).toEqual([
    ['POST', dispatcher],
    ['GET', dispatcher],
  ])
})

test("an instance's fetch sends, and gets what the gate imposes", async () => {
  const server = await startServer([answers(503), creates])
  const seen: string[] = []
  const own: typeof fetch = (input, init) => {
    const { method, url, redirect } = new Request(input, init)
    seen.push(`${method} ${url} ${redirect}`)
    return fetch(input, init)
  }
  const operation = orders(openKyClient(ky.create({ baseUrl: `${server.origin}/`, fetch: own })))
  expect(await told(operation)).toEqual(EXECUTED)
  expect(seen).toEqual([`POST ${server.origin}/orders manual`, `POST ${server.origin}/orders manual`])
  await expectOneKey(server, operation)
})

test('a fetch that follows redirects by itself brings no success', async () => {
  const server = await startServer([answers(303, '', { location: '/orders/9' }), answers(200, '{"order":9}')])
  const follows: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'follow' })
  const client = openKyClient({ baseUrl: `${server.origin}/`, fetch: follows }, { retry: { attempts: 1 } })
  expect(await told(orders(client))).toEqual(UNKNOWN)
})

test('nor does one that hides that it did: the URL of what it gives is another', async () => {
  const server = await startServer([answers(303, '', { location: '/orders/9' }), answers(200, '{"order":9}')])
  const hides: typeof fetch = async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'follow' })
    return Object.defineProperty(response, 'redirected', { value: false })
  }
  const client = openKyClient({ baseUrl: `${server.origin}/`, fetch: hides }, { retry: { attempts: 1 } })
  expect(await told(orders(client))).toEqual(UNKNOWN)
})

describe.each(['redirected', 'url'])(
  'a fetch that follows the redirects of asks, and shows it by `%s`',
  by => {
    const following: typeof fetch = async (input, init) => {
      const response = await fetch(input, { ...init, redirect: 'follow' })
      return by === 'url' ? Object.defineProperty(response, 'redirected', { value: false }) : response
    }
    const open = (origin: string) =>
      openKyClient({ baseUrl: `${origin}/`, fetch: following }, { retry: { attempts: 1 }, deadline: 1_000 })

    const asksElsewhere: Step = ({ request, reply }) =>
      request.path === '/login' ? reply(200, '{"status":"failed"}') : reply(302, '', { location: '/login' })

    test('proves nothing by what is there', async () => {
      const server = await startServer([({ reset }) => reset(), asksElsewhere])
      const status = {
        request: () => ({ url: 'status' }),
        read: () => ({ outcome: 'not-executed' as const }),
      }
      expect(await told(orders(open(server.origin), { status }))).toEqual(UNKNOWN)
    })

    test('cancels nothing', async () => {
      const server = await startServer([({ reset }) => reset(), asksElsewhere])
      const cancel = {
        request: () => ({ method: 'delete', url: 'by-key' }),
        read: () => ({ sealed: true as const }),
      }
      const operation = orders(open(server.origin), { cancel })
      await told(operation)
      expect(await operation.cancel(CART)).toMatchObject({
        outcome: 'unknown',
        error: { code: 'unresolved' },
      })
    })
  },
)

test('a fetch that sends twice for one call is a doubt where the answer is a refusal', async () => {
  const server = await startServer([creates, answers(400, '{"error":"no"}')], { keys: 'ignores' })
  const twice: typeof fetch = async (input, init) => {
    await (await fetch(input, init)).text()
    return fetch(input, init)
  }
  const client = openKyClient({ baseUrl: `${server.origin}/`, fetch: twice }, { keys: 'ignores' })
  expect(await told(orders(client))).toEqual({ outcome: 'unknown', code: 'rejected' })
  expect(server.effects).toBe(1)
})

test('a fetch that gives back something else is a doubt, not a crash', async () => {
  const nothing = (async () => undefined) as unknown as typeof fetch
  const client = openKyClient({ baseUrl: 'http://127.0.0.1/', fetch: nothing })
  expect(await told(orders(client))).toEqual(UNKNOWN)
})

describe("an instance's signal", () => {
  test.each([
    ["Node's fetch", {}],
    ['another fetch', { fetch: ((input, init) => fetch(input, init)) satisfies typeof fetch }],
  ])('that has fired already sends nothing, and proves it, with %s', async (_name, options) => {
    const server = await startServer([creates], { keys: 'ignores' })
    const http = { ...options, baseUrl: `${server.origin}/`, signal: AbortSignal.abort() }
    expect(await told(orders(openKyClient(http, { keys: 'ignores' })))).toEqual({
      outcome: 'not-executed',
      code: 'unresolved',
    })
    expect(server.connections).toBe(0)
  })

  test('that fires on the way leaves a doubt, and the next client goes on', async () => {
    const controller = new AbortController()
    const server = await startServer([
      ({ execute }) => {
        execute()
        controller.abort(new Error('enough'))
      },
      creates,
    ])
    const http = { baseUrl: `${server.origin}/`, signal: controller.signal }
    const operation = orders(openKyClient(http))
    expect(await told(operation)).toEqual(UNKNOWN)
    expect(server.requests.length).toBe(1)
    expect(await operation.inspect(CART)).toMatchObject({ outcome: 'unknown', generation: 1 })
  })
})

describe('URLs are resolved as ky resolves them', () => {
  const cases: readonly (readonly [string, (origin: string) => Options | KyInstance, string, string])[] = [
    ['a base', origin => ({ baseUrl: `${origin}/api/` }), 'orders', '/api/orders'],
    ['a base without a slash', origin => ({ baseUrl: `${origin}/api` }), 'orders', '/orders'],
    ['a way up', origin => ({ baseUrl: `${origin}/api/v1/` }), '../orders', '/api/orders'],
    ['a prefix', origin => ({ prefix: `${origin}/api` }), '/orders', '/api/orders'],
    ['both', origin => ({ prefix: 'api', baseUrl: `${origin}/x/` }), 'orders', '/x/api/orders'],
    ['parameters', origin => ({ baseUrl: origin, searchParams: { a: 1 } }), 'orders?q=1', '/orders?q=1&a=1'],
    [
      'one left out',
      origin => ({ baseUrl: origin, searchParams: { q: undefined } }),
      'orders?q=1',
      '/orders',
    ],
    [
      'one for another',
      origin => ({ baseUrl: origin, searchParams: { q: undefined, s: 1 } }),
      'orders?q=1&r=2',
      '/orders?r=2&s=1',
    ],
    ['a query', origin => ({ baseUrl: origin, searchParams: '?a=1' }), 'orders', '/orders?a=1'],
    ['pairs', origin => ({ baseUrl: origin, searchParams: [['a', 1]] }), 'orders?a=0', '/orders?a=0&a=1'],
    [
      'an extended instance',
      origin => ky.create({ prefix: `${origin}/api` }).extend({ searchParams: new URLSearchParams('a=1') }),
      'orders',
      '/api/orders?a=1',
    ],
  ]

  test.each(cases)('%s', async (_name, http, url, path) => {
    const server = await startServer([creates])
    const given = http(server.origin)
    await (typeof given === 'function' ? given : ky.create(given)).post(url)
    const operation = orders(openKyClient(given), { request: () => ({ method: 'post', url }) })
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.requests.map(request => request.path)).toEqual([path, path])
  })
})
