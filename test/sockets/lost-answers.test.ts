import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { CLIENTS, expectOneKey, openClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { Step } from './server.ts'

/** What befalls the first request; `effects` is what it left at a server that ignores keys. */
const FAULTS: readonly { readonly name: string; readonly step: Step; readonly effects: number }[] = [
  { name: 'a reset after the request', step: ({ reset }) => reset(), effects: 0 },
  {
    name: 'a reset after the effect',
    step: ({ execute, reset }) => {
      execute()
      reset()
    },
    effects: 1,
  },
  {
    name: 'a connection closed after the effect',
    step: ({ execute, close }) => {
      execute()
      close()
    },
    effects: 1,
  },
  {
    name: 'a head that is cut',
    step: ({ execute, close }) => {
      execute()
      close('HTTP/1.1 201 Created\r\ncontent-le')
    },
    effects: 1,
  },
  {
    name: 'bytes that are not HTTP',
    step: ({ execute, close }) => {
      execute()
      close('220 smtp.example ESMTP\r\n')
    },
    effects: 1,
  },
  {
    name: 'a head without end',
    step: ({ execute, write }) => {
      execute()
      write(`HTTP/1.1 201 Created\r\nx-endless: ${'e'.repeat(70_000)}`)
    },
    effects: 1,
  },
  { name: 'a 500', step: executesAndAnswers(500), effects: 1 },
  { name: 'a 502', step: answers(502), effects: 0 },
  { name: 'a 503', step: executesAndAnswers(503), effects: 1 },
  { name: 'a 504', step: executesAndAnswers(504), effects: 1 },
  { name: 'a 599', step: executesAndAnswers(599), effects: 1 },
  { name: 'a status that HTTP does not have', step: executesAndAnswers(999), effects: 1 },
  { name: 'a 408 with close', step: answers(408, '', { connection: 'close' }), effects: 0 },
  {
    name: 'a 200 with an HTML page of a gateway',
    step: answers(200, '<!doctype html><h1>Please wait</h1>', { 'content-type': 'text/html' }),
    effects: 0,
  },
  {
    name: 'a 200 with an HTML page that says it is JSON',
    step: answers(200, '<html><h1>Please log in</h1></html>'),
    effects: 0,
  },
]

function executesAndAnswers(status: number): Step {
  return ({ execute, write }) => {
    execute()
    write(`HTTP/1.1 ${status} Whatever\r\ncontent-length: 0\r\n\r\n`)
  }
}

describe.each(CLIENTS)('over $transport, a server that $keys keys', ({ transport, keys }) => {
  test.each(FAULTS)('$name: sent again under the same key, or not at all', async ({ step, effects }) => {
    const server = await startServer([step, creates], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    const expected =
      keys === 'honours'
        ? { end: { outcome: 'executed', data: { order: 9 } }, requests: 2, effects: 1 }
        : { end: { outcome: 'unknown', code: 'unresolved' }, requests: 1, effects }
    const end = await told(operation)
    expect({ end, requests: server.requests.length, effects: server.effects }).toEqual(expected)
    await expectOneKey(server, operation)
  })

  test('no head within the timeout: unknown, and only an honoured key is sent again', async () => {
    const server = await startServer([({ execute }) => execute(), creates], { keys })
    const operation = orders(openClient(transport, server.origin, { keys, timeout: 1_000 }))
    expect(await told(operation)).toEqual(
      keys === 'honours'
        ? { outcome: 'executed', data: { order: 9 } }
        : { outcome: 'unknown', code: 'unresolved' },
    )
    expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
    expect(server.effects).toBe(1)
    await expectOneKey(server, operation)
  })

  test('a connection reset before the request was read may have been read, for all that is known here', async () => {
    const server = await startServer([creates], { keys, intercept: resetFirstOnceSent })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual(
      keys === 'honours'
        ? { outcome: 'executed', data: { order: 9 } }
        : { outcome: 'unknown', code: 'unresolved' },
    )
    expect(server.requests.length).toBe(keys === 'honours' ? 1 : 0)
    await expectOneKey(server, operation)
  })

  test('what stays unknown is unknown to the next run too, which goes on under the same key', async () => {
    const server = await startServer([({ reset }) => reset()], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.requests.length).toBe(keys === 'honours' ? 6 : 1)
    await expectOneKey(server, operation)
  })

  test('a refusal after a lost answer settles nothing', async () => {
    const server = await startServer(
      [
        ({ execute, reset }) => {
          execute()
          reset()
        },
        answers(400, '{"error":"sold out"}'),
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({
      outcome: 'unknown',
      code: keys === 'honours' ? 'rejected' : 'unresolved',
    })
    expect(server.effects).toBe(1)
    await expectOneKey(server, operation)
  })
})

/** Nothing is read from the first connection; it is reset as soon as the client has sent its head. */
function resetFirstOnceSent(socket: Socket, nth: number): boolean {
  if (nth > 1) return false
  const sent = (message: unknown) => {
    const { request } = message as { request: { origin: string } }
    if (!request.origin.endsWith(`:${socket.localPort}`)) return
    unsubscribe('undici:client:sendHeaders', sent)
    // The head is written in this very turn, after the channel has told of it.
    setImmediate(() => socket.resetAndDestroy())
  }
  subscribe('undici:client:sendHeaders', sent)
  return true
}
