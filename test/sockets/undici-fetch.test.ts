import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Dispatcher } from 'undici'
import * as core from '../../src/entries/core.ts'
import type { FetchTransportOptions } from '../../src/entries/fetch.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { ietf, memoryStore } from '../../src/entries/index.ts'
import { carrierOf } from '../../src/runtime/carrier.ts'
import { directOf } from '../../src/runtime/direct-fetch.ts'
import { CART, openKyClient, orders, told } from './clients.ts'
import { Agent, MockAgent, RetryAgent, undiciFetch } from './over-undici.ts'
import { answers, creates, startServer } from './server.ts'
import type { Step } from './server.ts'

/*
 * What `undiciFetch` does beyond the tests that all transports share: which bytes leave, how a body arrives, what an
 * abort stops, which dispatchers prove anything, and what calls past the gate get.
 */

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** A server of node:http, with its address. */
async function listening(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('latin1').on('data', chunk => (body += chunk))
    request.on('end', () => handler(request, response, body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const direct = (origin: string, init: Parameters<NonNullable<ReturnType<typeof directOf>>['send']>[1]) =>
  directOf(undiciFetch())!.send(new URL('/orders?a=1', origin), init)

const textOf = async (response: { arrayBuffer(): Promise<ArrayBuffer> }) =>
  Buffer.from(await response.arrayBuffer()).toString()

describe('a guarded request', () => {
  test('leaves as it was given, with the two headers that Node adds as well, and asks for no compression', async () => {
    let seen: object = {}
    const origin = await listening(({ method, url, headers }, response, body) => {
      seen = { method, url, headers, body }
      response.end('{}')
    })
    await direct(origin, { method: 'POST', headers: { 'idempotency-key': 'k-1' }, body: 'héllo' })
    expect(seen).toEqual({
      method: 'POST',
      url: '/orders?a=1',
      headers: {
        host: origin.slice('http://'.length),
        connection: 'keep-alive',
        accept: '*/*',
        'user-agent': 'node',
        'idempotency-key': 'k-1',
        'content-length': '6',
      },
      body: Buffer.from('héllo').toString('latin1'),
    })
  })

  test('keeps what the caller says of itself', async () => {
    let seen: object = {}
    const origin = await listening(({ headers }, response) => {
      seen = { accept: headers.accept, agent: headers['user-agent'] }
      response.end('{}')
    })
    await direct(origin, {
      method: 'PATCH',
      headers: new Headers({ Accept: 'text/csv', 'User-Agent': 'shop/1' }),
      body: new Uint8Array([1]),
    })
    expect(seen).toEqual({ accept: 'text/csv', agent: 'shop/1' })
  })

  test('with a user in its URL is refused, like by fetch: the user would be left out', async () => {
    await expect(
      directOf(undiciFetch())!.send(new URL('http://me:secret@127.0.0.1:1/'), { method: 'POST' }),
    ).rejects.toThrow('the URL holds a user or password')
  })

  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['gzip, identity, br', (text: string) => brotliCompressSync(gzipSync(text))],
  ])('gets a body in %s decoded', async (coding, compressed) => {
    const origin = await listening((_request, response) => {
      response.setHeader('content-encoding', coding)
      response.end(compressed('{"order":9}'))
    })
    const response = await direct(origin, { method: 'POST' })
    expect(await new Response(response.body).text()).toBe('{"order":9}')
  })

  test.each(['zstd', 'toString', 'gzip,gzip,gzip,gzip,gzip,gzip'])(
    'gets a body in %j as it came: nothing is read into it',
    async coding => {
      const origin = await listening((_request, response) => {
        response.setHeader('content-encoding', coding)
        response.end('{"order":9}')
      })
      const response = await direct(origin, { method: 'POST' })
      expect(await new Response(response.body).text()).toBe('{"order":9}')
    },
  )

  test('gets repeated headers as fetch gives them', async () => {
    const origin = await listening((_request, response) => {
      response.sendDate = false
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.setHeader('x-part', ['one', 'two'])
      response.setHeader('x-name', Buffer.from('café').toString('latin1'))
      response.end()
    })
    const { headers } = await direct(origin, { method: 'POST' })
    const plain = (await fetch(`${origin}/orders`, { method: 'POST' })).headers
    const names = ['set-cookie', 'x-part', 'x-name', 'x-missing', 'constructor']
    expect(names.map(name => headers.get(name))).toEqual(['a=1, b=2', 'one, two', 'cafÃ©', null, null])
    expect(Object.fromEntries(headers)).toEqual(Object.fromEntries(plain))
  })

  test('takes no early hint for the head of the response', async () => {
    const origin = await listening((_request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' })
      setTimeout(() => response.writeHead(201).end('created'), 100)
    })
    const response = await direct(origin, { method: 'POST' })
    expect([response.status, response.headers.get('link'), await textOf(response)]).toEqual([
      201,
      null,
      'created',
    ])
  })

  test('waits as long as the client does, whatever limits the dispatcher has', async () => {
    const origin = await listening((_request, response) => {
      setTimeout(() => {
        response.flushHeaders()
        setTimeout(() => response.end('late'), 1_500)
      }, 1_500)
    })
    const dispatcher = new Agent({ headersTimeout: 100, bodyTimeout: 100 })
    const response = await directOf(undiciFetch({ dispatcher }))!.send(new URL(origin), { method: 'POST' })
    expect(await textOf(response)).toBe('late')
  })

  test('whose body nobody reads pauses the connection', async () => {
    let written = 0
    const origin = await listening((_request, response) => {
      const more = () => {
        for (let goesOn = true; goesOn && written < 64_000_000; written += 100_000)
          goesOn = response.write('x'.repeat(100_000))
      }
      response.on('drain', more)
      more()
    })
    await direct(origin, { method: 'POST' })
    // Until the sockets between the two are full.
    for (let before = -1; before !== written; await new Promise(resolve => setTimeout(resolve, 50)))
      before = written
    expect(written).toBeLessThan(32_000_000)
  })
})

describe('an abort', () => {
  test('before the connection is made sends nothing, then or later', async () => {
    const server = await startServer([creates])
    const cut = new AbortController()
    const sent = direct(server.origin, { method: 'POST', signal: cut.signal })
    cut.abort(new Error('too late'))
    await expect(sent).rejects.toThrow('too late')
    await direct(server.origin, { method: 'POST' })
    expect(server.requests.length).toBe(1)
  })

  test('before the call sends nothing', async () => {
    const server = await startServer([creates])
    await expect(
      direct(server.origin, { method: 'POST', signal: AbortSignal.abort(new Error('over')) }),
    ).rejects.toThrow('over')
    await direct(server.origin, { method: 'POST' })
    expect(server.requests.length).toBe(1)
  })

  test('with a reason that is no error closes the connection and rejects with the reason', async () => {
    const seen: string[] = []
    const origin = await listening(request => {
      seen.push('request')
      request.socket.once('close', () => seen.push('closed'))
    })
    const cut = new AbortController()
    const sent = direct(origin, { method: 'POST', signal: cut.signal })
    await expect.poll(() => seen).toEqual(['request'])
    cut.abort('enough')
    await expect(sent).rejects.toBe('enough')
    await expect.poll(() => seen).toEqual(['request', 'closed'])
  })

  test('while the body arrives fails its reading', async () => {
    const origin = await listening((_request, response) => void response.write('{"order":'))
    const cut = new AbortController()
    const response = await direct(origin, { method: 'POST', signal: cut.signal })
    const read = textOf(response)
    cut.abort(new Error('over'))
    await expect(read).rejects.toThrow('over')
  })
})

describe('what is known of it', () => {
  test.each<readonly [string, () => string, string]>([
    ['over its own agent', () => carrierOf(undiciFetch()).kind, 'known'],
    ['over an agent that was given', () => carrierOf(undiciFetch({ dispatcher: new Agent() })).kind, 'told'],
    ['over a dispatcher of one request', () => carrierOf(undiciFetch(), new Agent()).kind, 'told'],
    ['over what is no dispatcher', () => carrierOf(undiciFetch(), 'proxy').kind, 'unknown'],
    ['over an agent that is patched before it', () => patched(() => carrierOf(undiciFetch()).kind), 'told'],
    [
      'over an agent that is patched later',
      () => {
        const fetch = undiciFetch()
        return patched(() => carrierOf(fetch).kind)
      },
      'told',
    ],
    ['behind a wrapper', () => carrierOf(wrapped(undiciFetch())).kind, 'unknown'],
    ['bound', () => carrierOf(undiciFetch().bind(globalThis)).kind, 'unknown'],
  ])('%s', (_name, kind, expected) => {
    expect(kind()).toBe(expected)
  })

  /** As tracers do it: the method that all dispatchers share is wrapped. */
  function patched<Value>(work: () => Value): Value {
    const shared = Object.getPrototypeOf(Agent.prototype) as { dispatch: Dispatcher['dispatch'] }
    const { dispatch } = shared
    shared.dispatch = function patch(this: Dispatcher, ...given: Parameters<Dispatcher['dispatch']>) {
      return dispatch.apply(this, given)
    }
    try {
      return work()
    } finally {
      shared.dispatch = dispatch
    }
  }

  const wrapped =
    (inner: core.Fetch): core.Fetch =>
    (input, init) =>
      inner(input, init)

  const executesAndLoses: Step = ({ execute, reset }) => {
    execute()
    reset()
  }

  test('a first connection that is refused sent nothing', async () => {
    const server = await startServer([])
    await server.close()
    expect(await toldOver(server.origin, undiciFetch())).toEqual({
      outcome: 'not-executed',
      code: 'unresolved',
    })
  })

  test('a dispatcher that sends again makes a refusal no proof', async () => {
    const server = await startServer([executesAndLoses, answers(422, '{"error":"done already"}')], {
      keys: 'ignores',
    })
    const retrying = new RetryAgent(new Agent(), { methods: ['POST'], minTimeout: 1, statusCodes: [] })
    const end = await toldOver(server.origin, undiciFetch({ dispatcher: retrying }))
    expect(end.outcome).toBe('unknown')
    expect(server.effects).toBe(1)
  })

  test('a dispatcher that sends nothing proves nothing by its silence', async () => {
    const mock = new MockAgent()
    mock.disableNetConnect()
    const end = await toldOver('http://orders.test', undiciFetch({ dispatcher: mock }))
    expect(end.outcome).toBe('unknown')
  })

  /** The end of one run before a server that ignores keys. */
  function toldOver(origin: string, fetch: core.Fetch) {
    const client = core.createClient({
      store: memoryStore(),
      scope: 'user-7',
      profile: core.noKeys,
      retry: { attempts: 2, backoff: { base: 1, cap: 2 } },
      deadline: 5_000,
      transport: fetchTransport({ baseUrl: `${origin}/`, fetch }),
    })
    onTestFinished(() => client.close())
    return told(orders(client))
  }
})

describe('as the fetch of ky', () => {
  test('hooks see a Response of the platform, and the result is the same', async () => {
    const server = await startServer([creates])
    const seen: unknown[] = []
    const client = openKyClient({
      baseUrl: `${server.origin}/`,
      fetch: undiciFetch(),
      hooks: { afterResponse: [({ response }) => void seen.push(response instanceof Response)] },
    })
    expect(await told(orders(client))).toEqual({ outcome: 'executed', data: { order: 9 } })
    await expect.poll(() => seen).toEqual([true])
  })
})

describe('a call past the gate', () => {
  test.each<readonly [string, (origin: string) => Parameters<core.Fetch>, string]>([
    ['a text', origin => [origin, { method: 'POST', body: 'a=1' }], 'a=1'],
    ['bytes', origin => [new URL(origin), { method: 'POST', body: new Uint8Array([65, 66]) }], 'AB'],
    ['a form', origin => [origin, { method: 'POST', body: new URLSearchParams({ a: '1' }) }], 'a=1'],
    ['a Blob', origin => [origin, { method: 'POST', body: new Blob(['blob']) }], 'blob'],
    ['a Request', origin => [new Request(origin, { method: 'POST', body: 'of a Request' })], 'of a Request'],
    ['a stream', origin => [origin, { method: 'POST', body: new Blob(['stream']).stream() }], 'stream'],
  ])('sends %s', async (_name, call, expected) => {
    const origin = await listening((_request, response, body) => response.end(`got ${body}`))
    const response = await undiciFetch()(...call(origin))
    expect(response).toBeInstanceOf(Response)
    expect(await response.text()).toBe(`got ${expected}`)
  })

  test('sends a multipart form with its boundary', async () => {
    const origin = await listening(({ headers }, response, body) => {
      const boundary = /boundary=(.+)/.exec(String(headers['content-type']))?.[1]
      response.end(String(body.startsWith(`--${boundary}`) && body.includes('name="a"')))
    })
    const form = new FormData()
    form.set('a', '1')
    const response = await undiciFetch()(origin, { method: 'POST', body: form })
    expect(await response.text()).toBe('true')
  })

  test('follows redirects, and has the URL, status and headers of the end', async () => {
    const origin = await listening(({ url }, response) => {
      if (url === '/') response.writeHead(302, { location: '/there' })
      else response.writeHead(206, 'Some Of It', { 'x-there': 'yes', 'set-cookie': ['a=1', 'b=2'] })
      response.end('part')
    })
    const response = await undiciFetch()(origin)
    expect([response.status, response.statusText, response.url, response.redirected]).toEqual([
      206,
      'Some Of It',
      `${origin}/there`,
      true,
    ])
    expect(response.headers.get('x-there')).toBe('yes')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  test('ends when its signal fires', async () => {
    const origin = await listening(() => {})
    const cut = new AbortController()
    const call = undiciFetch()(origin, { signal: cut.signal })
    cut.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })

  test.each<readonly [string, (dispatcher: Dispatcher) => FetchTransportOptions, number]>([
    ['its own', dispatcher => ({ fetch: undiciFetch({ dispatcher }) }), 2],
    [
      'that of the http layer, which a GET does not pass',
      dispatcher => ({ fetch: undiciFetch(), dispatcher }),
      1,
    ],
  ])('and a guarded one go through the dispatcher that was given: %s', async (_name, over, expected) => {
    const server = await startServer([creates])
    let dispatched = 0
    const dispatcher = new Agent().compose(dispatch => (options, handler) => {
      dispatched++
      return dispatch(options, handler)
    })
    const client = core.createClient({
      store: memoryStore(),
      scope: 'user-7',
      profile: ietf,
      transport: fetchTransport({ baseUrl: `${server.origin}/`, ...over(dispatcher) }),
    })
    onTestFinished(() => client.close())
    const fetch = client.fetch({ name: 'orders', id: request => request.headers.get('idempotency-key') })
    await fetch(`${server.origin}/orders`, {
      method: 'POST',
      headers: { 'idempotency-key': 'order-9' },
      body: JSON.stringify(CART),
    })
    expect(dispatched).toBe(1)
    expect(await fetch(`${server.origin}/orders`)).toBeInstanceOf(Response)
    expect(dispatched).toBe(expected)
  })
})

test.each<readonly [string, unknown, string]>([
  ['no object', 7, 'undiciFetch: takes an object'],
  ['an option that does not exist', { agent: new Agent() }, 'undiciFetch.agent'],
  ['a dispatcher that is none', { dispatcher: {} }, 'undiciFetch.dispatcher: must be a dispatcher of undici'],
])('%s is a configuration error', (_name, options, message) => {
  expect(() => undiciFetch(options as { dispatcher: Dispatcher })).toThrow(message)
})
