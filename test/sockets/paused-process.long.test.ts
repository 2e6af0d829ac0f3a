import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempFolder } from '../stores/temp-folder.ts'
import { startBuyer } from './buyers.ts'
import { answers, creates, startServer } from './server.ts'
import type { Exchange } from './server.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }
const UNKNOWN = { outcome: 'unknown', code: 'unresolved' }

describe.each(['honours', 'ignores'] as const)(
  'two processes on one file, and a server that %s keys',
  keys => {
    test('that begin at once: one sends, both have the result', async () => {
      const server = await startServer([creates], { keys })
      const path = join(tempFolder(), 'store.db')
      const buyers = [0, 1].map(() => startBuyer(server, path, { keys, onCommand: true }))
      await Promise.all(buyers.map(buyer => buyer.reached('ready')))
      for (const buyer of buyers) buyer.go()
      const purchases = await Promise.all(buyers.map(buyer => buyer.purchase))
      expect(purchases.map(({ end }) => end)).toEqual([EXECUTED, EXECUTED])
      expect(purchases.filter(({ replayed }) => replayed).length).toBe(1)
      expect(server.requests.length).toBe(1)
      expect(server.effects).toBe(1)
    })

    test('of which one is under way: the other waits, and has the result of the first', async () => {
      const held: Exchange[] = []
      const server = await startServer([exchange => held.push(exchange)], { keys })
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys })
      await first.until(server.received(1))
      const second = startBuyer(server, path, { keys })
      await second.reached('read')
      for (const exchange of held) creates(exchange)
      expect(await first.purchase).toMatchObject({ end: EXECUTED, replayed: false })
      expect(await second.purchase).toMatchObject({ end: EXECUTED, replayed: true })
      expect(server.requests.length).toBe(1)
    })

    test('of which one dies while the other waits: the other takes over at once', async () => {
      const server = await startServer([({ execute }) => execute(), creates], { keys })
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys })
      await first.until(server.received(1))
      const second = startBuyer(server, path, { keys })
      await second.reached('read')
      await first.kill()
      const { end, events } = await second.purchase
      expect(end).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
      expect(events).toContain('taken-over')
      expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
      expect(server.effects).toBe(1)
    })

    test('of which one is stopped past its lease: the other takes over, and the first is fenced', async () => {
      const held: Exchange[] = []
      const server = await startServer(
        [
          exchange => {
            exchange.execute()
            held.push(exchange)
          },
          creates,
        ],
        { keys },
      )
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys, timeout: 400 })
      await first.until(server.received(1))
      first.signal('SIGSTOP')
      const second = await startBuyer(server, path, { keys, timeout: 400 }).purchase
      expect(second.end).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
      expect(second.events).toContain('taken-over')

      first.signal('SIGCONT')
      const { end } = await first.purchase
      expect(end).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
      expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
      expect(new Set(server.requests.map(request => request.key)).size).toBe(1)
      expect(server.effects).toBe(1)
    })

    test('of which one is stopped with the answer in its hand: its success is merged into what the other wrote', async () => {
      const server = await startServer([creates, answers(503)], { keys })
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys, timeout: 400, pauseAt: 'settle' })
      await first.reached('settle')
      first.signal('SIGSTOP')
      const second = await startBuyer(server, path, { keys, timeout: 400 }).purchase
      expect(second.end).toEqual(UNKNOWN)
      expect(second.events).toContain('taken-over')

      first.go()
      first.signal('SIGCONT')
      expect(await first.purchase).toMatchObject({ end: EXECUTED, replayed: false })
      const third = await startBuyer(server, path, { keys, timeout: 400 }).purchase
      expect(third).toMatchObject({ end: EXECUTED, replayed: true })
      expect(server.requests.length).toBe(keys === 'honours' ? 4 : 1)
      expect(new Set(server.requests.map(request => request.key)).size).toBe(1)
      expect(server.effects).toBe(1)
    })

    test('of which one is stopped before its byte, past its lease: it never sends', async () => {
      const server = await startServer([creates], { keys })
      const path = join(tempFolder(), 'store.db')
      const first = startBuyer(server, path, { keys, timeout: 400, pauseAt: 'write-ahead' })
      await first.reached('write-ahead')
      first.signal('SIGSTOP')
      const second = await startBuyer(server, path, { keys, timeout: 400 }).purchase
      expect(second.end).toEqual(EXECUTED)

      first.go()
      first.signal('SIGCONT')
      expect(await first.purchase).toMatchObject({ end: EXECUTED, replayed: true })
      expect(server.requests.length).toBe(1)
      expect(server.effects).toBe(1)
    })
  },
)
