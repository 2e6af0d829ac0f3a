import { expect, test } from 'vitest'
import * as z from 'zod'
import { OperationError } from '../../src/entries/index.ts'
import { CART, openClient, openKyClient, orders, told } from './clients.ts'
import { startServer } from './server.ts'
import type { Step } from './server.ts'

/* A mistake that only shows when something may have executed is told as such, and takes no doubt back. */

const executesSilently: Step = ({ execute, reset }) => {
  execute()
  reset()
}

test.each([
  [
    'headers',
    { url: 'orders/status', headers: { 'x-canary': 'a\r\nb' } },
    '.x-canary: is not a header value',
  ],
  ['headers', { url: 'orders/status', headers: { 'a b': 'c' } }, ': a name is not a header name'],
  ['url', { url: 'http://' }, ': is not a URL, or is relative without a `baseUrl`'],
  ['method', { url: 'orders/status', method: 'TRACE' }, ': fetch refuses TRACE'],
])(
  'a status request with wrong %s after a lost answer: configuration, unknown',
  async (field, spec, fault) => {
    const server = await startServer([executesSilently], { keys: 'ignores' })
    const operation = orders(openClient('fetch', server.origin, { keys: 'ignores' }), {
      response: z.unknown(),
      status: { request: () => spec },
    })
    const { error } = await operation.start(CART).settled
    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      operationId: 'cart-42',
      attempts: 1,
    })
    expect(error?.message).toBe(`operation(place-order).status.request.${field}${fault}`)
    expect(await operation.inspect(CART)).toMatchObject({ outcome: 'unknown', key: error?.key })
  },
)

test('a cancel request with a wrong URL after a lost answer names itself, and is unknown', async () => {
  const server = await startServer([executesSilently], { keys: 'ignores' })
  const operation = orders(openClient('fetch', server.origin, { retry: { attempts: 1 } }), {
    cancel: { request: () => ({ url: 'ftp://127.0.0.1/' }), read: () => ({ sealed: true }) },
  })
  await told(operation)
  await expect(operation.cancel(CART)).rejects.toMatchObject({
    code: 'configuration',
    outcome: 'unknown',
    operationId: 'cart-42',
    message: 'operation(place-order).cancel.request.url: must be http or https',
  })
})

test("a hook that throws another operation's error does not lend its outcome", async () => {
  const server = await startServer([])
  const foreign = new OperationError({ code: 'already-executed', outcome: 'executed', reason: 'another one' })
  const hook = () => {
    throw foreign
  }
  const client = openKyClient({ baseUrl: `${server.origin}/`, hooks: { beforeRequest: [hook] } })
  expect(await told(orders(client))).toEqual({ outcome: 'not-executed', code: 'unresolved' })
  expect(server.connections).toBe(0)
})

test("a status request that throws another operation's error does not lend its outcome", async () => {
  const server = await startServer([executesSilently], { keys: 'ignores' })
  const foreign = new OperationError({ code: 'rejected', outcome: 'not-executed', reason: 'another one' })
  const operation = orders(openClient('fetch', server.origin, { keys: 'ignores' }), {
    response: z.unknown(),
    status: {
      request: () => {
        throw foreign
      },
    },
  })
  expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'configuration' })
})
