import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { OperationEvent } from '../../src/entries/index.ts'
import { memoryStore } from '../../src/entries/index.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { tempFolder } from '../stores/temp-folder.ts'
import { CART, openClient, openKyClient, orders, TRANSPORTS } from './clients.ts'
import { answers, creates, startServer, unusedPort } from './server.ts'
import type { Step } from './server.ts'
import { allOf, bytesIn } from './traces.ts'

const CANARY = 'canary-4711'
const SECRET_CART = { id: 'cart-42', item: `card ${CANARY}` }

const executesSilently: Step = ({ execute, reset }) => {
  execute()
  reset()
}

const ENDINGS: readonly (readonly [string, Step])[] = [
  ['a success', creates],
  ['a lost answer', executesSilently],
  ['a refusal', answers(402, '{"error":"declined"}')],
  ['a 401', answers(401)],
  ['a mismatch', answers(422, '{"error":"other payload"}')],
  ['a cut body', ({ close }) => close('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{')],
  ['a redirect', answers(302, '', { location: 'http://127.0.0.1:1/' })],
  [
    'a poll whose URL carries a token',
    exchange => {
      if (exchange.request.method === 'GET') return exchange.reply(200, '{"status":"failed"}')
      return exchange.reply(202, '', { location: `/jobs/9?token=${CANARY}` })
    },
  ],
  ['a cookie', answers(402, '{}', { 'set-cookie': `session=${CANARY}` })],
  ['a body that is no result', answers(200, '{"unexpected":true}')],
]

describe.each(TRANSPORTS)('over %s, credentials, body and query stay out of all traces', transport => {
  test.each(ENDINGS)('after %s', async (_name, step) => {
    const server = await startServer([step])
    const folder = tempFolder()
    const store = sqliteStore(join(folder, 'store.db'))
    const events: OperationEvent[] = []
    const options = {
      store,
      onEvent: (event: OperationEvent) => events.push(event),
      headers: { authorization: `Bearer ${CANARY}`, cookie: `session=${CANARY}`, 'x-api-key': CANARY },
    }
    const operation = orders(openClient(transport, server.origin, options), {
      request: cart => ({
        method: 'post',
        url: `orders?secret=${CANARY}`,
        json: cart,
        headers: { 'x-user': CANARY },
      }),
      persist: 'key',
    })
    const end = await operation.start(SECRET_CART).settled
    const again = await operation.start(SECRET_CART).settled
    expect(server.requests[0]?.body).toContain(CANARY)
    expect(server.requests[0]?.path).toContain(CANARY)
    expect(server.requests[0]?.headers.authorization).toContain(CANARY)
    for (const trace of [end, again, end.error, again.error, events, await operation.inspect(SECRET_CART)]) {
      expect(allOf(trace)).not.toContain(CANARY)
    }
    expect(bytesIn(folder)).not.toContain(CANARY)
    await store.close?.()
    expect(bytesIn(folder)).toContain('cart-42')
    expect(bytesIn(folder)).not.toContain(CANARY)
  })

  test('a stored request keeps no credential, of the http layer or of the definition', async () => {
    const server = await startServer([executesSilently])
    const folder = tempFolder()
    const store = sqliteStore(join(folder, 'store.db'))
    const headers = { authorization: `Bearer ${CANARY}`, cookie: `session=${CANARY}` }
    const operation = orders(openClient(transport, server.origin, { store, headers }), {
      request: cart => ({
        method: 'post',
        url: 'orders',
        json: cart,
        headers: { 'x-tenant': 'tenant-8', 'x-api-key': CANARY, 'proxy-authorization': CANARY },
      }),
      persist: 'request',
      keepHeaders: ['X-Tenant'],
      dropHeaders: ['X-Api-Key', 'Proxy-Authorization'],
    })
    await operation.start(CART).settled
    await store.close?.()
    expect(bytesIn(folder)).toContain('tenant-8')
    expect(bytesIn(folder)).not.toContain(CANARY)
  })

  test('a connection that fails tells of no credential', async () => {
    const port = await unusedPort()
    const headers = { authorization: `Bearer ${CANARY}` }
    const end = await orders(openClient(transport, `http://127.0.0.1:${port}`, { headers })).start(
      SECRET_CART,
    ).settled
    expect(end.outcome).toBe('not-executed')
    expect(allOf(end)).not.toContain(CANARY)
  })

  test('a header value of the http layer that no header can hold is not repeated', async () => {
    // Once this process's fetch has sent something, it is known to report what it sends, whichever test comes first.
    await orders(openClient(transport, (await startServer([creates])).origin)).run(CART)
    const server = await startServer([creates])
    const events: OperationEvent[] = []
    const headers = { authorization: `Bearer ${CANARY}\r\nx-injected: 1` }
    const options = { headers, onEvent: (event: OperationEvent) => events.push(event) }
    const end = await orders(openClient(transport, server.origin, options)).start(CART).settled
    expect(end).toMatchObject({ outcome: 'not-executed', error: { code: 'unresolved' } })
    expect(allOf([end, end.error, events])).not.toContain(CANARY)
    expect(server.connections).toBe(0)
  })

  test.each([
    ['a line break', `${CANARY}\r\nx-injected: 1`],
    ['a NUL', `${CANARY}\0`],
    ['a character beyond Latin-1', `${CANARY} €`],
  ])(
    'a header value of the definition with %s is a configuration error that does not repeat it',
    async (_name, value) => {
      const server = await startServer([creates])
      const operation = orders(openClient(transport, server.origin), {
        request: cart => ({ method: 'post', url: 'orders', json: cart, headers: { 'X-Note': value } }),
      })
      const end = await operation.start(CART).settled
      expect(end).toMatchObject({ outcome: 'not-executed', error: { code: 'configuration' } })
      expect(end.error?.message).toBe('operation(place-order).request.headers.X-Note: is not a header value')
      expect(allOf(end.error)).not.toContain(CANARY)
      expect(server.connections).toBe(0)
      expect(await operation.inspect(CART)).toBeUndefined()
    },
  )

  test.each([
    ['a line break', `${CANARY}\r\nx-injected: 1`],
    ['a bare line feed', `${CANARY}\nx-injected: 1`],
    ['a quote', `${CANARY}"`],
    ['a space', `${CANARY} x`],
    ['a letter beyond ASCII', `${CANARY}é`],
    ['256 characters', CANARY.padEnd(256, 'x')],
    ['nothing', ''],
  ])("a caller's key with %s never meets a header", async (_name, key) => {
    const server = await startServer([creates])
    const operation = orders(openClient(transport, server.origin), { key: () => key })
    const end = await operation.start(CART).settled
    expect(end).toMatchObject({ outcome: 'not-executed', error: { code: 'configuration' } })
    expect(end.error?.message).toMatch(/^operation\(place-order\)\.key: must /)
    expect(allOf(end.error)).not.toContain(CANARY)
    expect(server.connections).toBe(0)
    expect(await operation.inspect(CART)).toBeUndefined()
  })

  test('a key that was put into the store with a line break never meets a header', async () => {
    const server = await startServer([({ reset }) => reset(), creates])
    const store = memoryStore()
    const operation = orders(openClient(transport, server.origin, { store, retry: { attempts: 1 } }))
    await operation.start(CART).settled
    for await (const { key, value, version } of store.listOpen('')) {
      const record = { ...(JSON.parse(value) as object), key: `${CANARY}\r\nx-injected: 1` }
      await store.set(key, JSON.stringify(record), { expected: version, open: true })
    }
    const end = await operation.start(CART).settled
    expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'configuration', outcome: 'unknown' } })
    expect(end.error?.message).not.toContain(CANARY)
    expect(server.requests.length).toBe(1)
  })

  test('a URL with a password is refused, and not repeated', async () => {
    const server = await startServer([creates])
    const url = `${server.origin.replace('//', `//me:${CANARY}@`)}/orders`
    const end = await orders(openClient(transport, server.origin), {
      request: () => ({ method: 'post', url }),
    }).start(CART).settled
    expect(end).toMatchObject({ outcome: 'not-executed', error: { code: 'configuration' } })
    expect(end.error?.message).toBe('operation(place-order).request.url: must not carry credentials')
    expect(allOf(end.error)).not.toContain(CANARY)
    expect(server.connections).toBe(0)
  })

  test('a base URL with a password is refused, and not repeated', () => {
    const open = () => openClient(transport, `https://me:${CANARY}@shop.test`)
    expect(open).toThrow('baseUrl: holds a user or password, which fetch refuses: give a header')
    expect(open).not.toThrow(CANARY)
  })
})

test('a hook that sets a header value that no header can hold: Node repeats it, the error does not', async () => {
  const server = await startServer([creates])
  const events: OperationEvent[] = []
  const http = {
    baseUrl: `${server.origin}/`,
    hooks: {
      beforeRequest: [
        ({ request }: { request: Request }) => request.headers.set('authorization', `${CANARY}\r\nx: 1`),
      ],
    },
  }
  const client = openKyClient(http, { onEvent: event => events.push(event) })
  const end = await orders(client).start(CART).settled
  expect(end).toMatchObject({ outcome: 'not-executed', error: { code: 'unresolved' } })
  expect(allOf([end, end.error, events])).not.toContain(CANARY)
})

test('a fetch whose own error repeats what it sent: the doubt is told, the text is not', async () => {
  const events: OperationEvent[] = []
  const fails: typeof fetch = () => {
    const error = new Error(`could not send with ${CANARY}`)
    return Promise.reject(
      Object.assign(error, { name: `Error${CANARY}`, code: `E ${CANARY}`, syscall: CANARY }),
    )
  }
  const client = openKyClient(
    { baseUrl: 'http://127.0.0.1/', fetch: fails },
    { onEvent: event => events.push(event) },
  )
  const end = await orders(client).start(SECRET_CART).settled
  expect(end.outcome).toBe('unknown')
  expect(allOf([end, end.error, events])).not.toContain(CANARY)
})
