import { channel } from 'node:diagnostics_channel'
import { request as httpRequest } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Dispatcher } from 'undici-types'
import { carrierOf } from '../../src/runtime/carrier.ts'
import { sendWatch } from '../../src/runtime/send-watch.ts'
import { CART, openKyClient, orders, told } from './clients.ts'
import { answers, creates, startServer } from './server.ts'
import type { Step, TestServer } from './server.ts'

/*
 * What stands between the gate and the wire: a fetch that retries, a dispatcher that retries or that tells undici's
 * channel nothing. None of them may turn what was executed into "not sent", nor into a refusal of the one delivery.
 */

type Options = Parameters<Dispatcher['dispatch']>[0]
type Handler = Parameters<Dispatcher['dispatch']>[1]

const GLOBAL = Symbol.for('undici.globalDispatcher.1')
const native = globalThis.fetch

function agent(): Dispatcher {
  void globalThis.Headers
  return Reflect.get(globalThis, GLOBAL) as Dispatcher
}

/** Executes, and the answer is lost. */
const executesAndLoses: Step = async ({ execute, reset }) => {
  execute()
  reset()
}

/** Sends again where a send failed, as undici's RetryAgent does. */
function retrying(inner: Dispatcher): Dispatcher {
  const dispatch = (options: Options, handler: Handler, left = 2): boolean => {
    const again = Object.create(handler, {
      onResponseError: {
        value: (controller: never, error: Error) => {
          if (left === 0) return handler.onResponseError?.(controller, error)
          setTimeout(() => dispatch(options, handler, left - 1), 5)
        },
      },
    }) as Handler
    return inner.dispatch(options, again)
  }
  return { dispatch, close: async () => {}, destroy: async () => {} } as unknown as Dispatcher
}

/** Sends by node:http, of which undici's channel is told nothing; so a mesh's or a recorder's dispatcher may do. */
const byNodeHttp = {
  dispatch({ origin, path, method, body, headers }: Options, handler: Handler): boolean {
    const list = Array.isArray(headers)
      ? headers.map(String)
      : Object.entries(headers ?? {})
          .flat()
          .map(String)
    const request = httpRequest(`${String(origin)}${path}`, { method })
    for (let index = 0; index < list.length; index += 2) request.setHeader(list[index]!, list[index + 1]!)
    request.on('error', error => (handler as { onError?: (error: Error) => void }).onError?.(error))
    const write = async () => {
      for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) request.write(chunk)
      request.end()
    }
    void write()
    return true
  },
}

function setGlobalDispatcher(dispatcher: unknown): void {
  const before = agent()
  const set = (value: unknown) => Object.defineProperty(globalThis, GLOBAL, { value, writable: true })
  set(dispatcher)
  onTestFinished(() => void set(before))
}

/** A client of a server that this process has reached before. */
async function operationOf(server: { readonly origin: string }, http: object = {}) {
  const keys = 'ignores' as const
  await told(orders(openKyClient({ baseUrl: `${server.origin}/` }, { keys })), { id: 'warm' })
  return orders(openKyClient({ baseUrl: `${server.origin}/`, ...http }, { keys, timeout: 1_000 }))
}

const fetches: readonly (readonly [string, (times: number) => typeof fetch])[] = [
  [
    'retries',
    times => async (input, init) => {
      for (let left = times; ; left--) {
        try {
          return await native(input, init)
        } catch (error) {
          if (left === 0) throw error
        }
      }
    },
  ],
  ['wraps', () => (input, init) => native(input, init)],
]

describe.each(fetches)('a fetch that %s', (_name, wrapped) => {
  test('turns nothing that was executed into "not sent"', async () => {
    const server: TestServer = await startServer(
      [
        creates,
        ({ execute }) => {
          execute()
          void server.close()
        },
      ],
      { keys: 'ignores' },
    )
    const operation = await operationOf(server, { fetch: wrapped(2) })
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.effects).toBe(2)
  })

  test('makes a refusal no proof where no key is honoured: the delivery before it may have executed', async () => {
    const server = await startServer([creates, executesAndLoses, answers(422, '{"error":"done already"}')], {
      keys: 'ignores',
    })
    const operation = await operationOf(server, { fetch: wrapped(2) })
    expect((await told(operation)).outcome).toBe('unknown')
    expect(server.effects).toBe(2)
  })
})

describe.each([
  ['the option', (dispatcher: unknown) => ({ dispatcher })],
  [
    'the global one',
    (dispatcher: unknown) => {
      setGlobalDispatcher(dispatcher)
      return {}
    },
  ],
])('a dispatcher, %s,', (_name, use) => {
  test('that retries turns nothing that was executed into a refusal', async () => {
    const server = await startServer([creates, executesAndLoses, answers(422, '{"error":"done already"}')], {
      keys: 'ignores',
    })
    const operation = await operationOf(server)
    const http = use(retrying(agent()))
    const behind = orders(openKyClient({ baseUrl: `${server.origin}/`, ...http }, { keys: 'ignores' }))
    expect((await told(behind)).outcome).toBe('unknown')
    expect(server.effects).toBe(2)
    expect(await operation.inspect(CART)).toBeUndefined()
  })

  test('that tells nothing proves nothing by its silence', async () => {
    const server = await startServer([creates, executesAndLoses], { keys: 'ignores' })
    await operationOf(server)
    const http = use(byNodeHttp)
    const behind = orders(
      openKyClient({ baseUrl: `${server.origin}/`, ...http }, { keys: 'ignores', timeout: 1_000 }),
    )
    expect(await told(behind)).toEqual({ outcome: 'unknown', code: 'unresolved' })
    expect(server.effects).toBe(2)
  })
})

describe("Node's own second send after a 421 is part of the one send", () => {
  test('a refusal after it is proof', async () => {
    const server = await startServer([answers(421), answers(400, '{"error":"no"}')], { keys: 'ignores' })
    const operation = orders(openKyClient({ baseUrl: `${server.origin}/` }, { keys: 'ignores' }))
    expect(await told(operation)).toEqual({ outcome: 'not-executed', code: 'rejected' })
    expect(server.requests.length).toBe(2)
  })

  test('421 and 421 is tried again', async () => {
    const server = await startServer([answers(421), answers(421), creates], { keys: 'ignores' })
    const operation = orders(openKyClient({ baseUrl: `${server.origin}/` }, { keys: 'ignores' }))
    expect(await told(operation)).toEqual({ outcome: 'executed', data: { order: 9 } })
    expect(server.requests.length).toBe(3)
  })
})

test('a flight without a key header is told from another by where it is sent from', async () => {
  const server = await startServer([answers(204)])
  const url = new URL(`${server.origin}/orders?a=1`)
  const signs = { headerValue: undefined, method: 'POST', url }
  const one = sendWatch()!.begin(signs)
  const two = sendWatch()!.begin(signs)
  const post = (path: string) => fetch(new URL(path, url), { method: 'POST' })
  await Promise.all([one.run(() => post('?a=1')), two.run(() => post('?a=1')), post('?a=1')])
  await two.run(async () => {
    await post('?a=1')
    await post('/token')
  })
  expect([one.count, two.count]).toEqual([1, 2])
})

describe('what is known of a carrier', () => {
  const own = native
  test.each<readonly [string, () => string, string]>([
    ["Node's own fetch over its own agent", () => carrierOf(own).kind, 'known'],
    ['the same agent as an option', () => carrierOf(own, agent()).kind, 'known'],
    ['another dispatcher as an option', () => carrierOf(own, byNodeHttp).kind, 'told'],
    ['an agent that something is composed with', () => carrierOf(own, composed()).kind, 'told'],
    ['an agent whose dispatch was patched', () => carrierOf(own, patched()).kind, 'told'],
    ['a class of its own that extends the agent', () => carrierOf(own, derived()).kind, 'told'],
    ['an option that is none', () => carrierOf(own, 'proxy').kind, 'unknown'],
    ['a wrapper', () => carrierOf((input, init) => own(input, init)).kind, 'unknown'],
    ['a bound fetch', () => carrierOf(own.bind(globalThis)).kind, 'unknown'],
    ['a mock', () => carrierOf(async () => new Response()).kind, 'unknown'],
  ])('%s', (_name, kind, expected) => {
    expect(kind()).toBe(expected)
  })

  function composed(): object {
    return agent().compose(dispatch => (options, handler) => dispatch(options, handler))
  }

  function patched(): object {
    const copy = Object.create(agent()) as { dispatch: unknown }
    copy.dispatch = () => true
    return copy
  }

  function derived(): object {
    const Agent = agent().constructor as new () => Dispatcher
    return new (class extends Agent {})()
  }
})

describe('flights with one key', () => {
  const to = (url: string) =>
    sendWatch()!.begin({ headerValue: 'order-42', method: 'POST', url: new URL(url) })
  const sent = (origin: string, path: string) =>
    channel('undici:client:sendHeaders').publish({
      request: { origin, path, method: 'POST' },
      headers: 'POST / HTTP/1.1\r\nidempotency-key: order-42\r\n',
    })

  test('to two servers are told apart', () => {
    const [one, other] = [to('https://one.test/pay'), to('https://other.test/pay?now=1')]
    sent('https://one.test', '/pay')
    expect([one.count, other.count]).toEqual([1, 0])
    sent('https://other.test', '/pay?now=1')
    expect([one.count, other.count]).toEqual([1, 1])
    one.stop()
    other.stop()
  })

  test('all count what went elsewhere with their key', () => {
    const [one, other] = [to('https://one.test/pay'), to('https://other.test/pay')]
    sent('https://mirror.test', '/pay')
    expect([one.count, other.count]).toEqual([1, 1])
    one.stop()
    expect(other.count).toBe(1)
    other.stop()
  })
})
