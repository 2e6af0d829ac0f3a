import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CLIENTS, openClient, orders, told } from './clients.ts'
import { creates, startServer } from './server.ts'
import type { Step } from './server.ts'

const FIRST = { id: 'cart-1' }
const SECOND = { id: 'cart-2' }
const EXECUTED = { outcome: 'executed', data: { order: 9 } }
const UNKNOWN = { outcome: 'unknown', code: 'unresolved' }

describe.each(CLIENTS)('over $transport, a server that $keys keys', ({ transport, keys }) => {
  test('a kept connection is used again', async () => {
    const server = await startServer([creates], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation, FIRST)).toEqual(EXECUTED)
    await nextTurn()
    expect(await told(operation, SECOND)).toEqual(EXECUTED)
    expect(server.connections).toBe(1)
    expect(server.effects).toBe(2)
  })

  test.each(['reset', 'closed'])('a kept connection that is %s while it is idle costs nothing', async how => {
    const kept = keepSocket()
    const server = await startServer([kept.step], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    const clientSocket = nextClientSocket()
    await told(operation, FIRST)
    const noticed = closed(await clientSocket)
    if (how === 'reset') kept.socket().resetAndDestroy()
    else kept.socket().end()
    await noticed
    expect(await told(operation, SECOND)).toEqual(EXECUTED)
    expect(server.requests.length).toBe(2)
    expect(server.connections).toBe(2)
    expect(server.effects).toBe(2)
  })

  test.each(['reset', 'closed'])(
    'a kept connection that is %s as the next request comes: unknown',
    async how => {
      const server = await startServer(
        [creates, ({ close, reset }) => (how === 'reset' ? reset() : close()), creates],
        { keys },
      )
      const operation = orders(openClient(transport, server.origin, { keys }))
      await told(operation, FIRST)
      await nextTurn()
      expect(await told(operation, SECOND)).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
      expect(server.requests.length).toBe(keys === 'honours' ? 3 : 2)
      expect(new Set(server.requests.map(request => request.key)).size).toBe(2)
    },
  )

  test('a connection that ended before the client could notice is a doubt as well', async () => {
    const kept = keepSocket()
    const server = await startServer([kept.step], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    await told(operation, FIRST)
    await nextTurn()
    // Both in one turn of the event loop: the head is written to a connection that is gone already.
    const onSend = () => kept.socket().resetAndDestroy()
    subscribe('undici:client:sendHeaders', onSend)
    onTestFinished(() => void unsubscribe('undici:client:sendHeaders', onSend))
    expect(await told(operation, SECOND)).toEqual(keys === 'honours' ? EXECUTED : UNKNOWN)
    expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
  })
})

/** A server that works, and that gives away its side of the first connection. */
function keepSocket(): { readonly step: Step; readonly socket: () => Socket } {
  let first: Socket | undefined
  return {
    step: ({ execute, reply, socket }) => {
      first ??= socket
      execute()
      reply(201, '{"order":9}')
    },
    socket: () => {
      if (first === undefined) throw new Error('No connection was made yet.')
      return first
    },
  }
}

/** The next connection that this process makes. */
function nextClientSocket(): Promise<Socket> {
  return new Promise(resolve => {
    const onSocket = (message: unknown) => {
      unsubscribe('net.client.socket', onSocket)
      resolve((message as { socket: Socket }).socket)
    }
    subscribe('net.client.socket', onSocket)
  })
}

function closed(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()))
}
