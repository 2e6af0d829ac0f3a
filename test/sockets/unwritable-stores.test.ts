import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { OperationEvent, RecordStore } from '../../src/entries/index.ts'
import { tempFolder } from '../stores/temp-folder.ts'
import { startBuyer } from './buyers.ts'
import { CART, openClient, orders, told } from './clients.ts'
import type { TestClientOptions } from './clients.ts'
import { creates, startServer } from './server.ts'
import type { Step, TestServer } from './server.ts'
import { lock, storeAt } from './stores.ts'
import { allOf } from './traces.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }

function operationOn(server: TestServer, store: RecordStore, options: TestClientOptions = {}) {
  return orders(openClient('ky', server.origin, { ...options, store }))
}

describe('a file that another connection has locked', () => {
  test('for a first attempt: not executed, soon, and nothing was sent; when it is free the run goes on', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = storeAt(path)
    await store.get('the file is made')
    const unlock = lock(path)
    const server = await startServer([creates])
    const operation = operationOn(server, store)
    const end = await operation.start(CART).settled
    expect(end).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'store-failed', outcome: 'not-executed' },
    })
    expect(allOf(end.error)).toContain('stayed locked by another process for 100 ms')
    expect(server.connections).toBe(0)

    unlock()
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.effects).toBe(1)
  })

  test('for longer than the deadline: the run ends all the same', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = storeAt(path, 15_000)
    await store.get('the file is made')
    const unlock = lock(path)
    const server = await startServer([creates])
    const operation = operationOn(server, store, { deadline: 3_000, timeout: 1_000 })
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'store-failed' })
    expect(server.connections).toBe(0)
    unlock()
  })

  test.each(['honours', 'ignores'] as const)(
    'for the write that settles: executed, with an event; the next run knows what to do with a server that %s keys',
    async keys => {
      const path = join(tempFolder(), 'store.db')
      let unlock = () => {}
      const locks: Step = exchange => {
        unlock = lock(path)
        creates(exchange)
      }
      const server = await startServer([locks, creates], { keys })
      const events: OperationEvent[] = []
      const onEvent = (event: OperationEvent) => events.push(event)
      const operation = operationOn(server, storeAt(path), { keys, onEvent })
      expect(await told(operation)).toEqual(EXECUTED)
      expect(events).toContainEqual(expect.objectContaining({ type: 'store-failed', doing: 'settle' }))

      unlock()
      expect(await told(operation)).toEqual(
        keys === 'honours' ? EXECUTED : { outcome: 'unknown', code: 'unresolved' },
      )
      expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
      expect(server.effects).toBe(1)
    },
  )

  test('for a second attempt: the doubt of the first stays, and nothing more is sent', async () => {
    const path = join(tempFolder(), 'store.db')
    let unlock = () => {}
    const locks: Step = ({ execute, reset }) => {
      execute()
      unlock = lock(path)
      reset()
    }
    const server = await startServer([locks, creates])
    const operation = operationOn(server, storeAt(path))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'store-failed' })
    expect(server.requests.length).toBe(1)

    unlock()
    expect(await told(operation)).toEqual(EXECUTED)
    expect(new Set(server.requests.map(request => request.key)).size).toBe(1)
    expect(server.effects).toBe(1)
  })

  test('for a refusal: what the server said is told, with the outcome that is known', async () => {
    const path = join(tempFolder(), 'store.db')
    let unlock = () => {}
    const server = await startServer([
      ({ reply }) => {
        unlock = lock(path)
        reply(402, '{"error":"declined"}')
      },
    ])
    const operation = operationOn(server, storeAt(path))
    expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'rejected' })
    unlock()
    expect(await operation.inspect(CART)).toMatchObject({ generation: 1 })
  })
})

describe.each(['honours', 'ignores'] as const)('a disk that is full, and a server that %s keys', keys => {
  test('when the attempt is to be written ahead: not executed, and nothing was sent', async () => {
    const path = join(tempFolder(), 'store.db')
    await storeAt(path).get('the file is made')
    const server = await startServer([creates], { keys })
    // The request is stored with the key, and is larger than any file may grow.
    const { end } = await startBuyer(server, path, { keys, fileLimit: 200_000, item: 400_000 }).purchase
    expect(end).toEqual({ outcome: 'not-executed', code: 'store-failed' })
    expect(server.connections).toBe(0)
    expect((await startBuyer(server, path, { keys }).purchase).end).toEqual(EXECUTED)
    expect(server.effects).toBe(1)
  })

  test('when the result is to be stored: executed, with its result', async () => {
    const path = join(tempFolder(), 'store.db')
    await storeAt(path).get('the file is made')
    const large: Step = ({ execute, reply }) => {
      execute()
      reply(201, JSON.stringify('x'.repeat(400_000)))
    }
    const server = await startServer([large, creates], { keys })
    const { end, events } = await startBuyer(server, path, { keys, fileLimit: 200_000 }).purchase
    expect(end).toEqual({ outcome: 'executed', data: 'x'.repeat(400_000) })
    expect(events).toContain('store-failed')
    // Its fact alone is small enough: nobody will send it again.
    expect((await startBuyer(server, path, { keys }).purchase).end).toEqual({
      outcome: 'executed',
      code: 'already-executed',
    })
    expect(server.requests.length).toBe(1)
    expect(server.effects).toBe(1)
  })
})
