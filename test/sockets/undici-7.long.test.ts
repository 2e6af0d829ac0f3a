import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { carrierOf } from '../../src/runtime/carrier.ts'
import { openClient, orders, told } from './clients.ts'
import { Agent, undiciFetch } from './over-undici.ts'
import { creates, startServer } from './server.ts'
import type { Step } from './server.ts'

vi.mock('undici', () => import('undici-7'))

/* The older of the two versions of undici that `undiciFetch` takes. All other tests run with the newer. */

const open = (origin: string, changes: object = {}) =>
  orders(
    openClient('undici', origin, {
      keys: 'ignores',
      retry: { attempts: 1 },
      fetch: undiciFetch(),
      ...changes,
    }),
  )

test('is version 7', async () => {
  const { Agent: OfSeven } = await import('undici-7')
  expect(Agent).toBe(OfSeven)
  expect(carrierOf(undiciFetch()).kind).toBe('known')
})

const endless: Step = ({ execute, write, socket }) => {
  execute()
  write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n')
  const more = () => {
    while (!socket.destroyed && socket.write(`10000\r\n${'e'.repeat(0x1_00_00)}\r\n`));
  }
  socket.on('drain', more)
  more()
}

describe('over undici 7', () => {
  test.each<readonly [string, Step, object, object]>([
    ['an answer is the result', creates, {}, { outcome: 'executed', data: { order: 9 } }],
    [
      'a lost answer is unknown',
      ({ execute, reset }) => {
        execute()
        reset()
      },
      {},
      { outcome: 'unknown', code: 'unresolved' },
    ],
    [
      'a silence is unknown',
      ({ execute }) => execute(),
      { timeout: 300 },
      { outcome: 'unknown', code: 'unresolved' },
    ],
    [
      'a body without end is cut',
      endless,
      { maxBodyBytes: 1_000_000 },
      { outcome: 'executed', code: 'response-invalid' },
    ],
    [
      'heads that only inform are no answer',
      ({ execute, write }) => {
        execute()
        write(
          'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 11\r\n\r\n',
        )
        write('{"order":9}')
      },
      {},
      { outcome: 'executed', data: { order: 9 } },
    ],
  ])('%s', async (_name, step, changes, end) => {
    const server = await startServer([step], { keys: 'ignores' })
    expect(await told(open(server.origin, changes))).toEqual(end)
    expect(server.effects).toBe(1)
  })

  test('a first connection that is refused sent nothing', async () => {
    const server = await startServer([])
    await server.close()
    expect(await told(open(server.origin))).toEqual({ outcome: 'not-executed', code: 'unresolved' })
  })

  test('a call past the gate gets a Response', async () => {
    const server = await startServer([creates])
    onTestFinished(() => server.close())
    const response = await undiciFetch()(`${server.origin}/orders`, { method: 'POST', body: '{}' })
    expect(response).toBeInstanceOf(Response)
    expect(await response.json()).toEqual({ order: 9 })
  })
})
