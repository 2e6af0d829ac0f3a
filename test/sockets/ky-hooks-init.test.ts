import { describe, expect, test } from 'vitest'
import { CART, openKyClient, orders, told } from './clients.ts'
import { creates, startServer } from './server.ts'

describe('an init hook that sets a fetch of its own', () => {
  const hooks = {
    init: [
      (options: { fetch?: typeof fetch }) => {
        options.fetch = async () => new Response('{"order":9}', { status: 201 })
      },
    ],
  }

  test('is a configuration error, and nothing was sent', async () => {
    const server = await startServer([creates])
    const operation = orders(openKyClient({ baseUrl: `${server.origin}/`, hooks }))
    const end = await operation.start(CART).settled
    expect(end).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'configuration', outcome: 'not-executed' },
    })
    expect(end.error?.message).toContain('http.hooks.init: must not set `fetch`')
    expect(server.connections).toBe(0)
  })

  test('takes no doubt back: what may have executed stays unknown', async () => {
    const server = await startServer([({ reset }) => reset()])
    let isOn = false
    const client = openKyClient({
      baseUrl: `${server.origin}/`,
      hooks: { init: [options => (isOn ? hooks.init[0]?.(options) : undefined)] },
    })
    const operation = orders(client)
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    isOn = true
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'configuration' })
    expect(server.requests.length).toBe(3)
  })
})

test.each([
  ['baseUrl', 'https://elsewhere.test/'],
  ['prefix', 'v2/'],
  ['searchParams', { tenant: 7 }],
])(
  'an init hook that sets `%s`, which would change no URL, is told, and nothing is sent',
  async (name, value) => {
    const server = await startServer([creates])
    const init = [(options: object) => void Object.assign(options, { [name]: value })]
    const operation = orders(openKyClient({ baseUrl: `${server.origin}/`, hooks: { init } }))
    const end = await operation.start(CART).settled
    expect(end).toMatchObject({ outcome: 'not-executed', error: { code: 'configuration' } })
    expect(end.error?.message).toContain(`http.hooks.init: must not set \`${name}\``)
    expect(server.connections).toBe(0)
  },
)

test.each([
  ['gives a promise', async (options: { headers?: unknown }) => void (options.headers = { 'x-tenant': '7' })],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('an init hook that %s is told by its name, and nothing is sent', async (_, hook) => {
  const server = await startServer([creates])
  const strays: unknown[] = []
  const stray = (reason: unknown) => void strays.push(reason)
  process.on('unhandledRejection', stray)
  const hooks = { init: [hook as unknown as () => void] }
  const end = await orders(openKyClient({ baseUrl: `${server.origin}/`, hooks })).start(CART).settled
  process.off('unhandledRejection', stray)

  expect(end).toMatchObject({
    outcome: 'not-executed',
    error: { code: 'configuration', message: 'http.hooks.init: must be synchronous: it gave a promise' },
  })
  expect(server.connections).toBe(0)
  expect(strays).toEqual([])
})

test('an init hook that sets headers sets them', async () => {
  const server = await startServer([creates])
  const init = [(options: object) => void Object.assign(options, { headers: { 'x-tenant': '7' } })]
  const http = { baseUrl: `${server.origin}/`, searchParams: { a: 1 }, hooks: { init } }
  await told(orders(openKyClient(http)))
  expect(server.requests[0]?.path).toBe('/orders?a=1')
  expect(server.requests[0]?.headers['x-tenant']).toBe('7')
})
