import { describe, expect, test } from 'vitest'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { createIdempotency, NotExecuted } from '../../src/entries/server.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent } from '../../src/server/adapters/node.ts'
import { buildIdempotency } from '../../src/server/idempotency.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { post, shop, told, trialServer } from './trial-server.ts'

describe('a key', () => {
  test.each([
    ['too long', 'k'.repeat(256)],
    ['empty', ''],
    ['empty in quotes', '""'],
    ['with a space', 'a b'],
    ['with a character beyond ASCII', 'schlüssel'],
    ['quoted at the beginning only', '"k1'],
    ['quoted at the end only', 'k1"'],
    ['a quote alone', '"'],
    ['with an escape', '"k\\"1"'],
    ['quoted, with a parameter', '"k1";a=1'],
    ['sent in several headers', 'k1, k2'],
    ['sent in several headers, quoted', '"k1", "k2"'],
  ])('%s is refused, and not repeated', async (_, key) => {
    const { handler, orders } = shop()
    const answer = await told(trialServer().process().handle(post(key), handler))

    expect(answer).toMatchObject({ status: 400, code: 'key-invalid' })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(Object.values(answer.body as object)).not.toContain(key)
    expect(JSON.stringify(answer.body)).not.toMatch(/k{9}|schl|k1/)
    expect(orders).toEqual([])
  })

  test('of several headers is refused', async () => {
    const { handler, orders } = shop()
    const request = post('k1')
    request.headers.append('idempotency-key', 'k1')
    expect(await told(trialServer().process().handle(request, handler))).toMatchObject({
      code: 'key-invalid',
    })
    expect(orders).toEqual([])
  })

  test('as long as is allowed is understood', async () => {
    const { handler } = shop()
    const once = trialServer().process({ maxKeyLength: 64 })
    expect((await once.handle(post(`"${'k'.repeat(64)}"`), handler)).status).toBe(201)
    expect((await once.handle(post('k'.repeat(65)), handler)).status).toBe(400)
  })

  test('with control characters never reaches a store', async () => {
    const { handler } = shop()
    const { process, store } = trialServer()
    // Headers of the platform refuse them; an adapter with headers of its own may not.
    const request = post('k1')
    Object.defineProperty(request, 'headers', {
      value: new Map([['Idempotency-Key', 'k\r\nset-cookie: a=1']]),
    })
    expect(await told(process().handle(request, handler))).toMatchObject({ code: 'key-invalid' })
    expect(store.calls).toEqual([])
  })
})

test.each(['yesterday', '2026-01-01T00:00:00Z', '1767225600', 'Thu, 32 Jan 2026 00:00:00 GMT'])(
  'the first-send time %s is refused',
  async value => {
    const { handler, orders } = shop()
    const request = post('k1', { headers: { 'idempotency-first-sent': value } })
    expect(await told(trialServer().process().handle(request, handler))).toMatchObject({
      status: 400,
      code: 'first-sent-invalid',
    })
    expect(orders).toEqual([])
  },
)

test('a first-send time of a clock that is a little ahead is believed, one far ahead is refused', async () => {
  const { process } = trialServer()
  const at = (ms: number) => ({
    headers: { 'idempotency-first-sent': new Date(Date.UTC(2026, 0, 1) + ms).toUTCString() },
  })
  const once = process({ retention: 3_600_000 })
  expect((await once.handle(post('k1', at(300_000)), shop().handler)).status).toBe(201)
  expect((await once.handle(post('k2', at(400_000)), shop().handler)).status).toBe(400)
})

describe('a body', () => {
  const streamed = (...chunks: readonly (string | Error)[]) => {
    const left = [...chunks]
    return new ReadableStream({
      pull(controller) {
        const next = left.shift()
        if (next === undefined) controller.close()
        else if (typeof next === 'string') controller.enqueue(new TextEncoder().encode(next))
        else controller.error(next)
      },
    })
  }

  test('over the limit is refused, streamed or not, and one at the limit is not', async () => {
    const { handler, orders } = shop()
    const once = trialServer().process({ maxBodyBytes: 10 })
    const whole = post('k1', { body: 'x'.repeat(11) })
    const inParts = post('k2', { body: streamed('x'.repeat(6), 'x'.repeat(6)), duplex: 'half' })

    for (const request of [whole, inParts])
      expect(await told(once.handle(request, handler))).toMatchObject({ status: 413, code: 'body-too-large' })
    expect(orders).toEqual([])
    expect((await once.handle(post('k3', { body: 'x'.repeat(10) }), handler)).status).toBe(201)
  })

  test('that is cut in the middle is refused before anything is claimed', async () => {
    const { process, store } = trialServer()
    const { handler, orders } = shop()
    const once = process()
    const cut = post('k1', { body: streamed('{"item":', new Error('aborted')), duplex: 'half' })

    expect(await told(once.handle(cut, handler))).toMatchObject({ status: 400, code: 'body-unreadable' })
    expect([orders, store.calls]).toEqual([[], []])
    expect((await once.handle(post('k1'), handler)).status).toBe(201)
  })

  test('that is being read is a mistake of the owner', async () => {
    const request = post('k1')
    request.body?.getReader()
    await expect(trialServer().process().handle(request, shop().handler)).rejects.toMatchObject({
      code: 'configuration',
    })
  })

  test('that was read already is a mistake of the owner', async () => {
    const request = post('k1')
    await request.text()
    await expect(trialServer().process().handle(request, shop().handler)).rejects.toMatchObject({
      code: 'configuration',
    })
  })
})

test('a client that leaves before the answer does not stop the handler, and finds the answer when it comes back', async () => {
  const { process } = trialServer()
  const client = new AbortController()
  const kept: Promise<unknown>[] = []
  const once = process()
  const handler = async (_: Request, { signal }: { readonly signal: AbortSignal }) => {
    client.abort()
    return new Response(signal.aborted ? 'stopped' : 'done')
  }

  await once.handle(post('k1', { signal: client.signal }), handler, { waitUntil: work => kept.push(work) })
  expect(kept).toHaveLength(1)
  await Promise.all(kept)
  expect(await told(once.handle(post('k1'), handler))).toMatchObject({ body: 'done', replayed: true })
})

describe('an answer of the handler that is none', () => {
  const used = new Response('x')
  const broken = () =>
    new Response(
      new ReadableStream({
        start: controller => controller.error(new Error('broke off')),
      }),
    )
  test.each([
    ['nothing', () => undefined],
    ['an object', () => ({ status: 200 })],
    ['an error', () => Response.error()],
    ['a used Response', async () => (await used.text().catch(() => ''), used)],
    ['a Response that breaks off', broken],
  ])('%s: the outcome is unknown', async (_, answer) => {
    const once = trialServer().process()
    expect(await told(once.handle(post('k1'), answer as never))).toMatchObject({
      status: 500,
      code: 'outcome-unknown',
    })
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ code: 'outcome-unknown' })
  })

  test('the same Response twice is an answer once', async () => {
    const once = trialServer().process()
    const response = new Response('done')
    expect((await once.handle(post('k1'), () => response)).status).toBe(200)
    expect(await told(once.handle(post('k2'), () => response))).toMatchObject({ code: 'outcome-unknown' })
  })
})

describe('an error that cannot be looked at', () => {
  const hostile = (without: string) =>
    new Proxy(new Error('hidden'), {
      get(target, name) {
        if (String(name).includes(without)) throw new Error('not to be seen')
        return Reflect.get(target, name) as unknown
      },
    })

  test.each(['not-executed', 'status'])('by %s: the outcome is unknown', async name => {
    const once = trialServer().process()
    const thrown = once.handle(post('k1'), () => Promise.reject(hostile(name)))
    expect(await told(thrown)).toMatchObject({ code: 'outcome-unknown' })
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ code: 'outcome-unknown' })
  })

  test('NotExecuted with a response that is none frees the key, and is answered in our words', async () => {
    const once = trialServer().process()
    const refuse = () => Promise.reject(new NotExecuted('closed', { response: 'closed' as never }))
    expect(await told(once.handle(post('k1'), refuse))).toMatchObject({ code: 'nothing-happened' })
    expect((await once.handle(post('k1'), shop().handler)).status).toBe(201)
  })
})

const ADAPTERS: readonly ((once: unknown, handler: unknown, options?: unknown) => unknown)[] = [
  (once, handler, options) => idempotent(once as never, handler as never, options as never),
  (once, handler, options) => idempotentInFastify(once as never, handler as never, options as never),
]

describe('a handler that cannot be called, or a wrong option of it, claims nothing', () => {
  const rejected = async (handler: unknown, call?: unknown) => {
    const { process, store } = trialServer()
    const handling = process().handle(post('k1'), handler as never, call as never)
    await expect(handling).rejects.toMatchObject({ code: 'configuration' })
    expect(store.calls).toEqual([])
    return handling.catch((error: Error) => error.message)
  }

  test.each([
    ['no handler', undefined, undefined, 'handler: must be a function'],
    ['a Response in its place', new Response(), undefined, 'handler: must be a function'],
    ['no object', () => new Response(), 'json', 'options: must be an object of '],
    ['a misspelt name', () => new Response(), { resumeable: true }, 'resumeable: there is no such option'],
    ['no flag', () => new Response(), { resumable: 'yes' }, 'resumable: must be true or false'],
    ['no function', () => new Response(), { waitUntil: {} }, 'waitUntil: must be a function'],
  ])('%s', async (_, handler, call, message) => {
    expect(await rejected(handler, call)).toContain(message)
    expect(() =>
      trialServer()
        .process()
        .wrap(handler as never, call as never),
    ).toThrow(message)
    for (const adapt of ADAPTERS) expect(() => adapt(trialServer().process(), handler, call)).toThrow(message)
  })

  test('what is no guard is told when the route is made', () => {
    const message = 'idempotent: takes what createIdempotency gives, and a handler'
    for (const adapt of ADAPTERS) {
      expect(() =>
        adapt(
          () => {},
          () => {},
        ),
      ).toThrow(message)
      expect(() => adapt(trialServer().process(), () => {}, { payload: 'body' })).toThrow(
        'payload: must be a function',
      )
    }
  })
})

describe('a scope', () => {
  test('that refuses by throwing is heard by its framework', async () => {
    const once = trialServer().process({
      scope: () => {
        throw new Error('401')
      },
    })
    await expect(once.handle(post('k1'), shop().handler)).rejects.toThrow('401')
  })

  test('of any characters stays apart from all others', async () => {
    const { handler, orders } = shop()
    const trial = trialServer()
    for (const scope of ['a', '/a', '\ud800', '%', 'ä', 'a/b'])
      await trial.process({ scope }).handle(post('k1'), handler)
    expect(orders).toHaveLength(6)
  })
})

describe('options', () => {
  const given = (options: object) => () =>
    createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop', ...options })

  test.each([
    ['store', { store: undefined }],
    ['store.get', { store: { set: () => {} } }],
    ['store.listOpen', { store: new Map() }],
    ['scope', { scope: '' }],
    ['scope', { scope: undefined }],
    ['retention', { retention: 0 }],
    ['lease', { lease: Number.NaN }],
    ['timeout', { timeout: '1' }],
    ['wait', { wait: -1 }],
    ['retryAfter', { retryAfter: Infinity }],
    ['required', { required: 'yes' }],
    ['resumable', { resumable: 1 }],
    ['inProgress', { inProgress: 200 }],
    ['header', { header: 'a b' }],
    ['firstSentHeader', { firstSentHeader: '' }],
    ['firstSentHeader', { firstSentHeader: 'idempotency-key' }],
    ['header', { header: 'Authorization' }],
    ['header', { header: 'cookie' }],
    ['maxKeyLength', { maxKeyLength: 0 }],
    ['maxBodyBytes', { maxBodyBytes: 0 }],
    ['maxAnswerBytes', { maxAnswerBytes: 0 }],
    ['fingerprint', { fingerprint: 'body' }],
    ['stores', { stores: true }],
    ['replayHeaders', { replayHeaders: 'etag' }],
    ['replayHeaders[1]', { replayHeaders: ['etag', 'Set-Cookie'] }],
    ['replayHeaders[0]', { replayHeaders: ['a b'] }],
    ['resumeable', { resumeable: true }],
  ])('%s is named where it is wrong', (path, options) => {
    expect(given(options)).toThrow(`${path}: `)
  })

  test('a store with a bound is refused, because it forgets keys and seals', () => {
    const refusal =
      'store: must keep what it is given: a bounded store forgets keys and cancels, so that what was done is done again (memoryStore({ maxSettled: Infinity }), sqliteStore(path))'
    expect(given({ store: memoryStore() })).toThrow(refusal)
    expect(given({ store: memoryStore({ maxSettled: 1_000_000 }) })).toThrow(refusal)
    expect(given({ store: memoryStore({ maxSettled: Infinity }) })).not.toThrow()
  })

  test('that are undefined have their defaults', () => {
    expect(given({ retention: undefined, required: undefined, stores: undefined })).not.toThrow()
  })

  test('are checked without a clock and without chance, which workers have only while a request is there', () => {
    let asked = 0
    const runtime = () => {
      asked += 1
      return systemRuntime()
    }
    buildIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop' }, runtime).wrap(
      shop().handler,
    )
    expect(asked).toBe(0)
  })
})
