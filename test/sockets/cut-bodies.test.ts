import { describe, expect, test } from 'vitest'
import { CART, CLIENTS, expectOneKey, openClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { Exchange, Step } from './server.ts'

const HEAD = 'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n'

/** Executes, answers with these bytes, and ends the connection. */
function cut(bytes: string, end: 'close' | 'reset' = 'close'): Step {
  return ({ execute, close, write, reset }: Exchange) => {
    execute()
    if (end === 'close') close(bytes)
    else {
      write(bytes)
      setImmediate(reset)
    }
  }
}

const CUTS: readonly { readonly name: string; readonly step: Step }[] = [
  { name: 'a body cut under content-length', step: cut(`${HEAD}content-length: 11\r\n\r\n{"ord`) },
  { name: 'a body that never began', step: cut(`${HEAD}content-length: 11\r\n\r\n`) },
  { name: 'a body reset under content-length', step: cut(`${HEAD}content-length: 11\r\n\r\n{"ord`, 'reset') },
  {
    name: 'a body longer than the limit says, cut',
    step: cut(`${HEAD}content-length: 9999\r\n\r\n{"order":9}`),
  },
  { name: 'a chunk that is cut', step: cut(`${HEAD}transfer-encoding: chunked\r\n\r\nb\r\n{"ord`) },
  {
    name: 'chunks without the last one',
    step: cut(`${HEAD}transfer-encoding: chunked\r\n\r\nb\r\n{"order":9}\r\n`),
  },
  {
    name: 'chunks that are reset',
    step: cut(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"ord\r\n`, 'reset'),
  },
  { name: 'a body that ends with the connection, cut', step: cut(`${HEAD}connection: close\r\n\r\n{"ord`) },
  {
    name: 'a body that ends with the connection, reset',
    step: cut(`${HEAD}connection: close\r\n\r\n{"ord`, 'reset'),
  },
  { name: 'a number that ends with the connection', step: cut(`${HEAD}connection: close\r\n\r\n12`) },
  {
    name: 'gzip that is cut',
    step: cut(`${HEAD}content-encoding: gzip\r\ncontent-length: 30\r\n\r\n\x1f\x8b\x08`),
  },
  { name: 'gzip that is none', step: cut(`${HEAD}content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello`) },
]

describe.each(CLIENTS)('over $transport, a server that $keys keys', ({ transport, keys }) => {
  test.each(CUTS)('$name: executed, and read again under the same key', async ({ step }) => {
    const server = await startServer([step, creates], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual(
      keys === 'honours'
        ? { outcome: 'executed', data: { order: 9 } }
        : { outcome: 'executed', code: 'response-invalid' },
    )
    expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
    expect(server.effects).toBe(1)
    await expectOneKey(server, operation)
  })

  test('a body that stalls until the timeout: executed, and read again under the same key', async () => {
    const stalls: Step = ({ execute, write }) => {
      execute()
      write(`${HEAD}content-length: 11\r\n\r\n{"ord`)
    }
    const server = await startServer([stalls, creates], { keys })
    const operation = orders(openClient(transport, server.origin, { keys, timeout: 1_000 }))
    expect(await told(operation)).toEqual(
      keys === 'honours'
        ? { outcome: 'executed', data: { order: 9 } }
        : { outcome: 'executed', code: 'response-invalid' },
    )
    expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
    await expectOneKey(server, operation)
  })

  test('a body that is always cut: executed, without its data, and never sent once more than allowed', async () => {
    const server = await startServer([cut(`${HEAD}content-length: 11\r\n\r\n{"ord`)], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'executed', code: 'response-invalid' })
    expect(server.requests.length).toBe(keys === 'honours' ? 3 : 1)
    expect(server.effects).toBe(1)
    await expectOneKey(server, operation)
  })

  test('the server goes down between a cut body and the second reading: still executed', async () => {
    const server = await startServer(
      [
        async ({ execute, close }) => {
          execute()
          close(`${HEAD}content-length: 11\r\n\r\n{"ord`)
          await server.close()
        },
      ],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'executed', code: 'response-invalid' })
    expect(server.requests.length).toBe(1)
  })

  test.each([500, 400, 404])('a second reading that is answered with %i takes nothing back', async status => {
    const server = await startServer([cut(`${HEAD}content-length: 11\r\n\r\n{"ord`), answers(status, '{}')], {
      keys,
    })
    const operation = orders(openClient(transport, server.origin, { keys }))
    const { error } = await operation.start(CART).settled
    expect(error).toMatchObject({ outcome: 'executed', code: 'response-invalid', response: { status: 201 } })
    expect(server.effects).toBe(1)
  })

  test('a JSON object that ends with the connection is whole, for no part of it would be JSON', async () => {
    const server = await startServer([cut(`${HEAD}connection: close\r\n\r\n{"order":9}`)], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests.length).toBe(1)
  })

  test('a refusal whose body is cut proves nothing', async () => {
    const server = await startServer(
      [({ close }) => close('HTTP/1.1 402 Payment Required\r\ncontent-length: 99\r\n\r\n{"err')],
      { keys },
    )
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.requests.length).toBe(keys === 'honours' ? 3 : 1)
  })
})

test('a number that ends with the connection is believed when a second reading says the same', async () => {
  const server = await startServer([cut(`${HEAD}connection: close\r\n\r\n12`)])
  expect(await told(orders(openClient('ky', server.origin)))).toEqual({ outcome: 'executed', data: 12 })
  expect(server.requests.length).toBe(2)
  expect(server.effects).toBe(1)
})

test('a number that was cut by the connection is never taken for the whole one', async () => {
  const server = await startServer([
    cut(`${HEAD}connection: close\r\n\r\n12`),
    cut(`${HEAD}connection: close\r\n\r\n1299`),
    cut(`${HEAD}connection: close\r\n\r\n1299`),
  ])
  expect(await told(orders(openClient('fetch', server.origin)))).toEqual({ outcome: 'executed', data: 1299 })
  expect(server.requests.length).toBe(3)
})
