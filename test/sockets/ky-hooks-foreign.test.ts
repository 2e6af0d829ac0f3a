import type { Hooks } from 'ky'
import { describe, expect, test } from 'vitest'
import { CART, openKyClient, orders, told } from './clients.ts'
import { answers, creates, startServer, unusedPort } from './server.ts'
import type { TestServer } from './server.ts'

/*
 * A hook that sends with a client of its own, instead of through the gate, is outside the promise. In Node it
 * is seen all the same, by undici's diagnostics channel, and counts as an attempt that may have executed.
 */

type Keys = 'honours' | 'ignores'

function operationWith(server: TestServer, keys: Keys, hooks: Hooks) {
  return orders(openKyClient({ baseUrl: `${server.origin}/`, hooks }, { keys }))
}

/** Sends the operation beside the gate, once. */
function sendsItself(server: () => TestServer): (state: { readonly request: Request }) => Promise<void> {
  let sent = false
  return async ({ request }) => {
    if (sent) return
    sent = true
    const init = { method: 'POST', headers: request.headers, body: '{}' }
    await (await fetch(`${server().origin}/orders`, init)).text()
  }
}

test.each(['GET', 'HEAD', 'OPTIONS'])(
  'a %s with the headers of the send, as SDKs poll, executes nothing: a refusal stays proven',
  async method => {
    const server = await startServer([answers(200, '{}'), answers(402, '{"error":"no"}')], {
      keys: 'honours',
    })
    const asks = async ({ request }: { readonly request: Request }) => {
      await (await fetch(`${server.origin}/orders/1`, { method, headers: request.headers })).text()
    }
    const operation = operationWith(server, 'honours', { beforeRequest: [asks] })
    expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'rejected' })
    expect(server.requests.map(request => request.method)).toEqual([method, 'POST'])
  },
)

describe.each<Keys>(['honours', 'ignores'])(
  'a server that %s keys gets what a hook sends by itself',
  keys => {
    test('before the gate: no refusal settles it, and without keys nothing is sent after it', async () => {
      const server = await startServer([creates, answers(400, '{"error":"no"}')], { keys })
      const operation = operationWith(server, keys, { beforeRequest: [sendsItself(() => server)] })
      const code = keys === 'honours' ? 'rejected' : 'unresolved'
      expect(await told(operation)).toEqual({ outcome: 'unknown', code })
      expect(server.requests.length).toBe(keys === 'honours' ? 2 : 1)
      expect(server.effects).toBe(1)
      await expectDoubtKept(operation)
    })

    test('after the answer: the refusal that came before settles nothing', async () => {
      const server = await startServer([answers(400, '{"error":"no"}'), creates], { keys })
      const operation = operationWith(server, keys, { afterResponse: [sendsItself(() => server)] })
      expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'rejected' })
      expect(server.effects).toBe(1)
      await expectDoubtKept(operation)
    })

    test('before a connection that is refused: what the gate could not send does not hide it', async () => {
      const server = await startServer([creates], { keys })
      const sends = sendsItself(() => server)
      const operation = operationWith(server, keys, {
        beforeRequest: [
          async state => {
            await sends(state)
            await server.close()
          },
        ],
      })
      expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
      expect(server.effects).toBe(1)
      await expectDoubtKept(operation)
    })

    test('after a connection that was refused', async () => {
      const server = await startServer([creates], { keys })
      const sends = sendsItself(() => server)
      const port = await unusedPort()
      const beforeError: Hooks['beforeError'] = [
        async ({ request, error }) => {
          await sends({ request })
          return error
        },
      ]
      const http = { baseUrl: `http://127.0.0.1:${port}/`, hooks: { beforeError } }
      const operation = orders(openKyClient(http, { keys }))
      expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
      expect(server.effects).toBe(1)
      await expectDoubtKept(operation)
    })

    test('before it throws', async () => {
      const server = await startServer([creates], { keys })
      const sends = sendsItself(() => server)
      const operation = operationWith(server, keys, {
        beforeRequest: [
          async state => {
            await sends(state)
            throw new Error('and no more')
          },
        ],
      })
      expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
      expect(server.effects).toBe(1)
      await expectDoubtKept(operation)
    })

    test('before it answers in the place of the server', async () => {
      const server = await startServer([creates], { keys })
      const operation = operationWith(server, keys, {
        beforeRequest: [({ request }) => fetch(request.clone())],
      })
      expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'configuration' })
      expect(server.effects).toBe(1)
      await expectDoubtKept(operation)
    })
  },
)

test('a success after what a hook sent by itself stands', async () => {
  const server = await startServer([answers(503), creates])
  const operation = operationWith(server, 'honours', { beforeRequest: [sendsItself(() => server)] })
  expect(await told(operation)).toEqual({ outcome: 'executed', data: { order: 9 } })
  expect(server.requests.length).toBe(2)
})

test('a hook that copies the key into another header sends nothing by itself', async () => {
  const server = await startServer([answers(400, '{"error":"no"}')])
  const operation = operationWith(server, 'honours', {
    beforeRequest: [
      ({ request }) =>
        request.headers.set('x-correlation-id', request.headers.get('idempotency-key') ?? 'none'),
    ],
  })
  expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'rejected' })
  expect(server.requests[0]?.headers['x-correlation-id']).toBe(server.requests[0]?.key)
})

/** It is stored, so that the next run goes on under the same key. */
async function expectDoubtKept(operation: ReturnType<typeof operationWith>): Promise<void> {
  expect(await operation.inspect(CART)).toMatchObject({
    outcome: 'unknown',
    state: 'pending',
    generation: 1,
    key: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
}
