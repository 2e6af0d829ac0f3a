import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { tempFolder } from '../stores/temp-folder.ts'
import { CART, CLIENTS, openClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { Step } from './server.ts'
import { recordsIn } from './stores.ts'

describe.each(CLIENTS)('over $transport, for a server that $keys keys', ({ transport, keys }) => {
  test('key, fingerprint, target and first send are in the file before the first byte arrives', async () => {
    const path = join(tempFolder(), 'store.db')
    const seen: unknown[] = []
    const looks: Step = exchange => {
      seen.push(...recordsIn(path))
      creates(exchange)
    }
    const server = await startServer([looks], { keys })
    const store = sqliteStore(path)
    await told(orders(openClient(transport, server.origin, { keys, store })))
    await store.close?.()
    expect(seen).toEqual([
      expect.objectContaining({
        v: 1,
        scope: 'user-7',
        name: 'place-order',
        id: 'cart-42',
        generation: 1,
        key: server.requests[0]?.key,
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        target: expect.objectContaining({
          method: 'POST',
          origin: server.origin,
          path: '/orders',
          queryHash: '',
        }),
        state: 'pending',
        attempts: 1,
        sent: 0,
        firstSentAt: expect.any(Number),
        inFlight: expect.any(Object),
      }),
    ])
  })

  test('every attempt is counted in the file before it arrives', async () => {
    const path = join(tempFolder(), 'store.db')
    const seen: unknown[] = []
    const looks: Step = ({ reply }) => {
      seen.push(recordsIn(path).map(({ attempts, key }) => ({ attempts, key })))
      reply(429)
    }
    const server = await startServer([looks], { keys })
    const store = sqliteStore(path)
    await told(orders(openClient(transport, server.origin, { keys, store })))
    await store.close?.()
    const key = server.requests[0]?.key
    expect(seen).toEqual([[{ attempts: 1, key }], [{ attempts: 2, key }], [{ attempts: 3, key }]])
  })

  test('another payload under the same operation is refused before anything is sent', async () => {
    const server = await startServer([({ reset }) => reset(), answers(500)], { keys })
    const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
    await told(operation)
    expect(await told(operation, { ...CART, item: 'two books' })).toEqual({
      outcome: 'unknown',
      code: 'payload-mismatch',
    })
    expect(server.requests.length).toBe(1)
  })
})
