import { type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CERTIFICATE } from './certificate.ts'
import { CART, CLIENTS, expectOneKey, openClient, openKyClient, orders, told } from './clients.ts'
import { creates, startServer } from './server.ts'

describe.each(CLIENTS)('over $transport and TLS, a server that $keys keys', ({ transport, keys }) => {
  test('a certificate that is refused sent nothing', async () => {
    const server = await startServer([creates], { keys, tls: CERTIFICATE })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'unresolved' })
    expect(server.connections).toBe(3)
    expect(server.requests.length).toBe(0)
  })

  test('a certificate for another name sent nothing', async () => {
    trustCertificate()
    const server = await startServer([creates], { keys, tls: CERTIFICATE })
    const operation = orders(openClient(transport, `https://localhost:${server.port}`, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'unresolved' })
    expect(server.requests.length).toBe(0)
  })

  test('a reset in the first handshake with an origin looks like one after the request: unknown', async () => {
    trustCertificate()
    const server = await startServer([creates], {
      keys,
      tls: CERTIFICATE,
      intercept: (socket, nth) => nth === 1 && resetInHandshake(socket),
    })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual(
      keys === 'honours'
        ? { outcome: 'executed', data: { order: 9 } }
        : { outcome: 'unknown', code: 'unresolved' },
    )
    expect(server.effects).toBe(keys === 'honours' ? 1 : 0)
  })

  test('a reset in a later handshake sent nothing: undici told of no head to an origin that it told of before, by the same agent', async () => {
    trustCertificate()
    const server = await startServer(
      [
        ({ reply }) => reply(200, '"hello"', { 'content-type': 'application/json', connection: 'close' }),
        creates,
      ],
      {
        keys,
        tls: CERTIFICATE,
        intercept: (socket, nth) => nth === 2 && resetInHandshake(socket),
      },
    )
    await told(orders(openClient(transport, server.origin)))
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'executed', data: { order: 9 } })
    expect(server.connections).toBe(3)
    expect(server.effects).toBe(1)
    expect(await operation.inspect(CART)).toMatchObject({ attempts: 2 })
  })

  test('a handshake that is never answered, with an origin that undici told of before, sent nothing', async () => {
    trustCertificate()
    const server = await startServer(
      [({ reply }) => reply(200, '"hello"', { 'content-type': 'application/json', connection: 'close' })],
      {
        keys,
        tls: CERTIFICATE,
        intercept: (_socket, nth) => nth > 1,
      },
    )
    await told(orders(openClient(transport, server.origin)))
    const operation = orders(
      openClient(transport, server.origin, { keys, timeout: 1_000, retry: { attempts: 1 } }),
    )
    expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'unresolved' })
  })
})

test('behind a fetch of its own nothing tells a reset in a later handshake from one after the request', async () => {
  trustCertificate()
  const server = await startServer(
    [
      ({ reply }) => reply(200, '"hello"', { 'content-type': 'application/json', connection: 'close' }),
      creates,
    ],
    {
      keys: 'ignores',
      tls: CERTIFICATE,
      intercept: (socket, nth) => nth === 2 && resetInHandshake(socket),
    },
  )
  await (await fetch(server.origin)).text()
  const http = { baseUrl: `${server.origin}/`, fetch: (...args: Parameters<typeof fetch>) => fetch(...args) }
  const operation = orders(openKyClient(http, { keys: 'ignores' }))
  expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
  expect(server.effects).toBe(0)
})

test('an answer over TLS that is cut off is as ambiguous as any', async () => {
  trustCertificate()
  const server = await startServer(
    [
      ({ execute, reset }) => {
        execute()
        reset()
      },
      creates,
    ],
    { tls: CERTIFICATE },
  )
  const operation = orders(openClient('ky', server.origin))
  expect(await told(operation)).toEqual({ outcome: 'executed', data: { order: 9 } })
  expect(server.requests.length).toBe(2)
  expect(server.effects).toBe(1)
  await expectOneKey(server, operation)
})

function trustCertificate(): void {
  const before = getCACertificates()
  setDefaultCACertificates([...before, CERTIFICATE.cert])
  onTestFinished(() => setDefaultCACertificates(before))
}

/** The client has said hello, and nothing more. */
function resetInHandshake(socket: Socket): true {
  socket.once('data', () => socket.resetAndDestroy())
  return true
}
