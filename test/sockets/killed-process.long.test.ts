import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempFolder } from '../stores/temp-folder.ts'
import { startBuyer } from './buyers.ts'
import { creates, startServer } from './server.ts'
import type { Step } from './server.ts'
import { recordsIn } from './stores.ts'

/** With the timeout of a buyer, its lease would last for a minute: a death must be seen, not waited for. */
const QUICKLY_MS = 10_000

const EXECUTED = { outcome: 'executed', data: { order: 9 } }
const UNKNOWN = { outcome: 'unknown', code: 'unresolved' }

const holdsAnswer: Step = ({ execute }) => execute()

describe.each(['honours', 'ignores'] as const)(
  'a process is killed, by SIGKILL, and the server %s keys',
  keys => {
    test('when the server has the request: the next one goes on at once, under the same key', async () => {
      const server = await startServer([holdsAnswer, creates], { keys })
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys })
      await first.until(server.received(1))
      await first.kill()

      const began = performance.now()
      const { end, events } = await startBuyer(server, path, { keys }).purchase
      expect(performance.now() - began).toBeLessThan(QUICKLY_MS)
      expect(end).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
      expect(events).toContain('taken-over')
      expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
      expect(new Set(server.requests.map(request => request.key)).size).toBe(1)
      expect(server.effects).toBe(1)
    })

    test('between the write-ahead and the byte: the key is there, and nothing was sent', async () => {
      const server = await startServer([creates], { keys })
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys, pauseAt: 'byte' })
      await first.reached('byte')
      await first.kill()
      const [stored] = recordsIn(path)
      expect(stored).toMatchObject({ state: 'pending', attempts: 1, inFlight: {} })
      expect(server.connections).toBe(0)

      const { end } = await startBuyer(server, path, { keys }).purchase
      // Nobody can know that nothing was sent, so without keys nothing is.
      expect(end).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
      expect(server.requests.map(request => request.key)).toEqual(keys === 'honours' ? [stored?.key] : [])
      expect(server.effects).toBe(keys === 'honours' ? 1 : 0)
    })

    test('before the write-ahead: nothing happened, and the next one begins', async () => {
      const server = await startServer([creates], { keys })
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys, pauseAt: 'write-ahead' })
      await first.reached('write-ahead')
      await first.kill()
      expect(server.connections).toBe(0)

      const { end } = await startBuyer(server, path, { keys }).purchase
      expect(end).toEqual(EXECUTED)
      expect(server.requests.length).toBe(1)
      expect(server.effects).toBe(1)
    })

    test('between the answer and the write that settles: the next one hears it again', async () => {
      const server = await startServer([creates], { keys })
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys, pauseAt: 'settle' })
      await first.reached('settle')
      await first.kill()

      const { end } = await startBuyer(server, path, { keys }).purchase
      expect(end).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
      expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
      expect(server.effects).toBe(1)
    })

    test('after it settled: the next one gives the result without a request', async () => {
      const server = await startServer([creates], { keys })
      const path = join(tempFolder(), 'store.db')
      expect((await startBuyer(server, path, { keys }).purchase).replayed).toBe(false)
      const second = await startBuyer(server, path, { keys }).purchase
      expect(second).toMatchObject({ end: EXECUTED, replayed: true })
      expect(server.requests.length).toBe(1)
    })
  },
)

test('three processes are killed one after the other: the same key, one effect, and the fourth has the result', async () => {
  const server = await startServer([holdsAnswer, holdsAnswer, holdsAnswer, creates])
  const path = join(tempFolder(), 'store.db')
  for (const count of [1, 2, 3]) {
    const buyer = startBuyer(server, path)
    await buyer.until(server.received(count))
    await buyer.kill()
  }
  expect((await startBuyer(server, path).purchase).end).toEqual(EXECUTED)
  expect(server.requests.length).toBe(4)
  expect(new Set(server.requests.map(request => request.key)).size).toBe(1)
  expect(server.effects).toBe(1)
})
