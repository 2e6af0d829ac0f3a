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
