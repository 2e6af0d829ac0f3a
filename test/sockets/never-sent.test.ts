import dns from 'node:dns'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CART, CLIENTS, expectOneKey, openClient, openKyClient, orders, told } from './clients.ts'
import { creates, startServer, unusedPort } from './server.ts'

const NOT_EXECUTED = { outcome: 'not-executed', code: 'unresolved' }

describe.each(CLIENTS)('over $transport, a server that $keys keys', ({ transport, keys }) => {
  test('a refused connection sent nothing, and the next run goes on under the same key', async () => {
    const port = await unusedPort()
    const operation = orders(openClient(transport, `http://127.0.0.1:${port}`, { keys }))
    expect(await told(operation)).toEqual(NOT_EXECUTED)
    const before = await operation.inspect(CART)
    expect(before).toMatchObject({ outcome: 'not-executed', attempts: 3, generation: 1 })

    const server = await startServer([creates], { keys, port })
    expect(await told(operation)).toEqual({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests.map(request => request.key)).toEqual([before?.key])
    expect(server.effects).toBe(1)
  })

  test('a host of several addresses, all refused, sent nothing', async () => {
    resolveTo('127.0.0.1', '::1')
    const port = await unusedPort()
    const operation = orders(openClient(transport, `http://several.test:${port}`, { keys }))
    expect(await told(operation)).toEqual(NOT_EXECUTED)
    expect(await operation.inspect(CART)).toMatchObject({ outcome: 'not-executed', attempts: 3 })
  })

  test('a host of which one address refuses and another one resets after the request is a doubt', async () => {
    resolveTo('::1', '127.0.0.1')
    const server = await startServer([({ reset }) => reset()], { keys })
    const operation = orders(
      openClient(transport, `http://several.test:${server.port}`, { keys, retry: { attempts: 1 } }),
    )
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.requests.length).toBe(1)
  })

  test('a host that does not exist sent nothing', async () => {
    // No name has a part of 64 characters (RFC 1035 2.3.4): the resolver says so without asking anybody.
    const operation = orders(openClient(transport, `http://${'n'.repeat(64)}.invalid`, { keys }))
    expect(await told(operation)).toEqual(NOT_EXECUTED)
    expect(await operation.inspect(CART)).toMatchObject({ outcome: 'not-executed', attempts: 3 })
  })

  test('a connection that is reset when it is accepted sent nothing', async () => {
    const port = await resettingPort()
    const operation = orders(
      openClient(transport, `http://127.0.0.1:${port}`, { keys, retry: { attempts: 1 } }),
    )
    expect(await told(operation)).toEqual(NOT_EXECUTED)
    expect(await operation.inspect(CART)).toMatchObject({ outcome: 'not-executed', attempts: 1 })
  })

  test('a connection that is never made sent nothing: undici told of no head', async () => {
    // Silence counts from the first head that this process was told of, whatever ran before this test.
    const other = await startServer([creates])
    await told(orders(openClient(transport, other.origin, { keys })))
    const port = await stalledPort()
    const operation = orders(
      openClient(transport, `http://127.0.0.1:${port}`, { keys, timeout: 150, retry: { attempts: 1 } }),
    )
    expect(await told(operation)).toEqual(NOT_EXECUTED)
  })
})

describe('behind a fetch that is not known to send once, no error proves that nothing was sent', () => {
  const wrapper: typeof fetch = (input, init) => fetch(input, init)

  test.each([
    ['a refused connection', async () => `http://127.0.0.1:${await unusedPort()}/`],
    ['several refused connections', async () => `http://several.test:${await unusedPort()}/`],
    ['a host that does not exist', async () => `http://${'n'.repeat(64)}.invalid/`],
    [
      'a connection that is reset when it is accepted',
      async () => `http://127.0.0.1:${await resettingPort()}/`,
    ],
  ])('%s', async (_name, baseUrl) => {
    resolveTo('127.0.0.1', '::1')
    const http = { baseUrl: await baseUrl(), fetch: wrapper }
    const operation = orders(openKyClient(http, { keys: 'ignores', retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
  })
})

test.each(['patched', 'custom'])('the silence of undici proves nothing of a %s fetch', async kind => {
  const other = await startServer([creates])
  await fetch(other.origin)
  const port = await stalledPort()
  const original = globalThis.fetch
  const wrapper: typeof fetch = (input, init) => original(input, init)
  if (kind === 'patched') {
    vi.stubGlobal('fetch', wrapper)
    onTestFinished(() => void vi.unstubAllGlobals())
  }
  const http = { baseUrl: `http://127.0.0.1:${port}/`, ...(kind === 'custom' && { fetch: wrapper }) }
  const operation = orders(openKyClient(http, { timeout: 150, retry: { attempts: 1 } }))
  expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
})

test('a refused connection after a lost answer takes no doubt back', async () => {
  const server = await startServer([
    async ({ execute, reset }) => {
      execute()
      reset()
      await server.close()
    },
  ])
  const operation = orders(openClient('ky', server.origin))
  expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
  expect(server.requests.length).toBe(1)
  await expectOneKey(server, operation)
})

/** What the name several.test stands for, until the end of the test. */
function resolveTo(...addresses: readonly string[]): void {
  const real = dns.lookup
  const several = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  const lookup = (host: string, options: object, done: (error: null, found: object) => void) =>
    host === 'several.test'
      ? process.nextTick(done, null, several)
      : Reflect.apply(real, dns, [host, options, done])
  Object.assign(dns, { lookup })
  onTestFinished(() => void Object.assign(dns, { lookup: real }))
}

/** A port whose connections are reset before the client knows that it is connected. */
async function resettingPort(): Promise<number> {
  const resets = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     const server = require('node:net').createServer(socket => {
       socket.resetAndDestroy()
       Atomics.store(workerData, 0, 1)
       Atomics.notify(workerData, 0)
     })
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`,
    { eval: true, workerData: resets },
  )
  onTestFinished(async () => void (await worker.terminate()))
  const [port] = (await once(worker, 'message')) as [number]
  // This thread stands still from the connect to the reset, so that it sees both at once.
  const onSocket = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    socket.once('connectionAttempt', (_host: string, to: number) => {
      if (to === port) process.nextTick(() => Atomics.wait(resets, 0, 0, 5_000))
    })
  }
  subscribe('net.client.socket', onSocket)
  onTestFinished(() => void unsubscribe('net.client.socket', onSocket))
  return port
}

/** A port that takes no connection: its queue is full, and nobody accepts. */
async function stalledPort(): Promise<number> {
  const asleep = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     const server = require('node:net').createServer()
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       Atomics.wait(workerData, 0, 0)
     })`,
    { eval: true, workerData: asleep },
  )
  onTestFinished(async () => {
    Atomics.store(asleep, 0, 1)
    Atomics.notify(asleep, 0)
    await worker.terminate()
  })
  const [port] = (await once(worker, 'message')) as [number]
  // The kernel holds one more than the backlog.
  const fillers = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  onTestFinished(() => fillers.forEach(socket => socket.destroy()))
  await Promise.all(fillers.map(socket => once(socket, 'connect')))
  return port
}
