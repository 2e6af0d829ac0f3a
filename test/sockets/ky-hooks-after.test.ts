import type { AfterResponseHook } from 'ky'
import { describe, expect, test } from 'vitest'
import { expectOneKey, openKyClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }
const UNKNOWN = { outcome: 'unknown', code: 'unresolved' }
const HONOURS_OR_IGNORES = ['honours', 'ignores'] as const

describe('what afterResponse hooks make of an answer is not the answer', () => {
  test.each(HONOURS_OR_IGNORES)(
    'a 503 that is turned into a 200 is no success: a server that %s keys',
    async keys => {
      const server = await startServer([answers(503)], { keys })
      const turned = () => new Response('{"order":9}', { status: 200 })
      const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [turned] } }
      const operation = orders(openKyClient(http, { keys }))
      expect(await told(operation)).toEqual(UNKNOWN)
      expect(server.requests.length).toBe(keys === 'honours' ? 3 : 1)
      await expectOneKey(server, operation)
    },
  )

  test.each([
    ['a 500', () => new Response('', { status: 500 })],
    ['another 200', () => new Response('{"order":"forged"}')],
    [
      'an error',
      () => {
        throw new Error('no')
      },
    ],
    ['nothing for ever', () => new Promise<Response>(() => {})],
  ])('a 201 that is turned into %s is that 201, and is not kept waiting', async (_name, hook) => {
    const server = await startServer([creates], { keys: 'ignores' })
    const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [hook] } }
    // Longer than the test may take.
    const client = openKyClient(http, { keys: 'ignores', timeout: 60_000, deadline: 120_000 })
    expect(await told(orders(client))).toEqual(EXECUTED)
    expect(server.requests.length).toBe(1)
  })

  test('a 402 that is turned into a 200 is a refusal', async () => {
    const server = await startServer([answers(402, '{"error":"declined"}')])
    const turned = () => new Response('{"order":9}', { status: 200 })
    const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [turned] } }
    expect(await told(orders(openKyClient(http)))).toEqual({ outcome: 'not-executed', code: 'rejected' })
  })

  test('a hook that throws after a 503 leaves the doubt', async () => {
    const server = await startServer([
      ({ execute, reply }) => {
        execute()
        reply(503)
      },
      creates,
    ])
    const throws = () => {
      throw new TypeError('fetch failed')
    }
    const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [throws] } }
    const operation = orders(openKyClient(http))
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.requests.length).toBe(2)
    expect(server.effects).toBe(1)
  })

  test('a hook that hangs after a 503 is bounded by the timeout', async () => {
    const server = await startServer([answers(503), creates])
    const hangs: AfterResponseHook = ({ response }) =>
      response.status === 503 ? new Promise<Response>(() => {}) : undefined
    const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [hangs] } }
    expect(await told(orders(openKyClient(http, { timeout: 1_000 })))).toEqual(EXECUTED)
    expect(server.requests.length).toBe(2)
  })

  test('a hook may read the body that it is given, and the operation has it all the same', async () => {
    const server = await startServer([creates])
    const read: unknown[] = []
    const reads: AfterResponseHook = async ({ response }) =>
      void read.push(response.status, await response.json())
    const http = { baseUrl: `${server.origin}/`, hooks: { afterResponse: [reads] } }
    expect(await told(orders(openKyClient(http)))).toEqual(EXECUTED)
    // A proof waits for no hook.
    await expect.poll(() => read).toEqual([201, { order: 9 }])
  })
})

test.each(['throws', 'hangs'])('a beforeError hook that %s changes nothing of a lost answer', async how => {
  const server = await startServer([({ reset }) => reset(), creates])
  const beforeError = () => {
    if (how === 'throws') throw new Error('no')
    return new Promise<Error>(() => {})
  }
  const http = { baseUrl: `${server.origin}/`, hooks: { beforeError: [beforeError] } }
  expect(await told(orders(openKyClient(http, { timeout: 1_000 })))).toEqual(EXECUTED)
  expect(server.requests.length).toBe(2)
})

test('onDownloadProgress does not get in the way', async () => {
  const server = await startServer([({ reset }) => reset(), creates])
  const http = { baseUrl: `${server.origin}/`, onDownloadProgress: () => {} }
  const operation = orders(openKyClient(http))
  expect(await told(operation)).toEqual(EXECUTED)
  await expectOneKey(server, operation)
})
