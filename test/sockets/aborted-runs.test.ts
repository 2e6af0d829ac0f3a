import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/entries/index.ts'
import { CART, CLIENTS, openClient, orders, told, TRANSPORTS } from './clients.ts'
import { creates, startServer } from './server.ts'
import type { Exchange } from './server.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }

describe.each(CLIENTS)(
  'over $transport, a run is aborted when a server that $keys keys has the request',
  ({ transport, keys }) => {
    test('the caller is told at once that nobody knows; the answer is read all the same, and stored', async () => {
      const held: Exchange[] = []
      const server = await startServer([exchange => held.push(exchange)], { keys })
      const client = openClient(transport, server.origin, { keys })
      const operation = orders(client)
      const run = operation.start(CART)
      await server.received(1)
      run.abort()
      expect(await run.settled).toMatchObject({
        outcome: 'unknown',
        error: { name: 'OperationError', code: 'aborted', outcome: 'unknown' },
      })
      for (const exchange of held) creates(exchange)
      await client.close()
      expect(await operation.inspect(CART)).toMatchObject({ outcome: 'executed', state: 'succeeded' })
      expect(server.requests.length).toBe(1)
    })

    test('and no answer comes: closing waits no longer than the timeout, and the next client goes on', async () => {
      const server = await startServer([({ execute }) => execute(), creates], { keys })
      const store = memoryStore()
      const client = openClient(transport, server.origin, { keys, store, timeout: 1_000 })
      const run = orders(client).start(CART)
      await server.received(1)
      run.abort()
      await client.close()
      expect(await told(orders(openClient(transport, server.origin, { keys, store })))).toEqual(
        keys === 'honours' ? EXECUTED : { outcome: 'unknown', code: 'unresolved' },
      )
      expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
      expect(new Set(server.requests.map(request => request.key)).size).toBe(1)
      expect(server.effects).toBe(1)
    })
  },
)

test.each(TRANSPORTS)(
  'over %s, two clicks are one request, and one that leaves takes nothing from the other',
  async transport => {
    const held: Exchange[] = []
    const server = await startServer([exchange => held.push(exchange)])
    const operation = orders(openClient(transport, server.origin))
    const first = operation.start(CART)
    const second = operation.start(CART)
    await server.received(1)
    first.abort()
    expect(await first.settled).toMatchObject({ outcome: 'unknown', error: { code: 'aborted' } })
    for (const exchange of held) creates(exchange)
    expect(await second.settled).toMatchObject(EXECUTED)
    expect(server.requests.length).toBe(1)
  },
)

test.each(TRANSPORTS)("over %s, a caller's signal is left as it was", async transport => {
  const server = await startServer([({ reset }) => reset(), creates])
  const operation = orders(openClient(transport, server.origin))
  const { signal } = new AbortController()
  for (const id of ['cart-1', 'cart-2', 'cart-3']) await operation.run({ id }, { signal })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
