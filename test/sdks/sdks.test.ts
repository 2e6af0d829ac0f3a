import { memoryStore, operationErrorOf } from 'stillonce'
import type { TestContext } from 'vitest'
import { describe, expect, test } from 'vitest'
import { keysOf, onceOf } from './harness/open-sdk.ts'
import type { Sdk, Setup } from './harness/sdk.ts'
import { scriptedServer } from './harness/scripted-server.ts'
import { SDKS } from './sdks/all.ts'

/* SDKs that take a fetch, given that of `client.fetch`: what their users see, and what arrives at the server. */

const DOWN = { status: 500, body: '{"error":{"type":"api_error","message":"down"}}' }

/** An SDK on a client of its own, and its server. */
async function world(
  { onTestFinished }: TestContext,
  sdk: Sdk,
  more: Partial<Setup> & { readonly timeout?: number } = {},
) {
  const server = await scriptedServer(sdk.server)
  onTestFinished(server.close)
  const { timeout, ...setup } = more
  const once = onceOf(sdk, {
    url: server.url,
    store: memoryStore(),
    ...(timeout !== undefined && { timeout }),
  })
  let fetches = 0
  const fetch: Setup['fetch'] = (input, init) => {
    if ((init?.method ?? (input as Request).method) !== 'GET') fetches += 1
    return once(input, init)
  }
  const { url, port } = server
  const make = (own: Partial<Setup> = {}) => sdk.creates({ fetch, url, port, ...setup, ...own })
  return { server, make, create: make(), fetches: () => fetches }
}

/** The error of a call that must not resolve. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    value => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
}

describe.concurrent.each(SDKS)('$name', sdk => {
  const [KEY] = keysOf(sdk)

  test('resolves with the server’s own answer, and again from the store', async context => {
    const { server, create } = await world(context, sdk)
    expect(await create(KEY)).toEqual(sdk.resolves)
    expect(await create(KEY)).toEqual(sdk.resolves)
    expect(server.deliveries.map(({ key }) => key)).toEqual([KEY])
  })

  test('resolves where the answer is lost: one execution, one key', async context => {
    const { server, create } = await world(context, sdk)
    server.meets('lost')
    expect(await create(KEY)).toEqual(sdk.resolves)
    expect(server.deliveries.map(({ key }) => key)).toEqual([KEY, KEY])
    expect(server.executions()).toBe(1)
  })

  test('resolves where an answer is slower than the client waits: one execution, one key', async context => {
    const { server, create } = await world(context, sdk, { timeout: 2_000 })
    server.meets('held', sdk.inProgress)
    expect(await create(KEY)).toEqual(sdk.resolves)
    expect(server.keys()).toEqual([KEY])
    expect(server.deliveries.length).toBeGreaterThan(2)
    expect(server.executions()).toBe(1)
  })

  test('resolves where 500 came first, under the same key', async context => {
    const { server, create, fetches } = await world(context, sdk)
    server.meets(DOWN, DOWN)
    expect(await create(KEY)).toEqual(sdk.resolves)
    expect(server.deliveries.map(({ key }) => key)).toEqual([KEY, KEY, KEY])
    expect([server.executions(), fetches()]).toEqual([1, 1])
  })

  test('throws its own error for a 402, after one request', async context => {
    const { server, create, fetches } = await world(context, sdk)
    server.always(sdk.declined)
    const error = await errorOf(create(KEY))
    expect(operationErrorOf(error)?.message).toBeUndefined()
    expect((error as object).constructor.name).toBe(sdk.declined.error)
    expect([server.deliveries.length, server.executions(), fetches()]).toEqual([1, 0, 1])
  })

  test('waits while the first request is in progress', async context => {
    const { server, create } = await world(context, sdk)
    server.meets(sdk.inProgress)
    expect(await create(KEY)).toEqual(sdk.resolves)
    expect(server.keys()).toEqual([KEY])
    expect([server.deliveries.length, server.executions()]).toEqual([2, 1])
  })

  test('waits as long as a 429 says', async context => {
    const { server, create, fetches } = await world(context, sdk)
    server.meets({ status: 429, headers: { 'retry-after': '1' }, body: '{"error":{"message":"slow down"}}' })
    const started = performance.now()
    expect(await create(KEY)).toEqual(sdk.resolves)
    expect(performance.now() - started).toBeGreaterThan(950)
    expect(server.keys()).toEqual([KEY])
    expect([server.deliveries.length, server.executions(), fetches()]).toEqual([2, 1, 1])
  })

  test('throws an error with ours in it where 500 never ends, and repeats one attempt each', async context => {
    const { server, create, fetches } = await world(context, sdk)
    server.always(DOWN)
    const error = await errorOf(create(KEY))
    expect(operationErrorOf(error)).toMatchObject({ outcome: 'unknown', code: 'unresolved' })
    expect(server.keys()).toEqual([KEY])
    expect(server.deliveries).toHaveLength(3 + fetches())
  })

  test('makes one request of two calls at once', async context => {
    const { server, create } = await world(context, sdk)
    expect(await Promise.all([create(KEY), create(KEY)])).toEqual([sdk.resolves, sdk.resolves])
    expect(server.deliveries).toHaveLength(1)
  })

  test('sends nothing without an id of the caller', async context => {
    const { server, create } = await world(context, sdk, { retries: 0 })
    const error = await errorOf(create(undefined))
    expect(operationErrorOf(error)).toMatchObject({ outcome: 'not-executed', code: 'configuration' })
    expect(operationErrorOf(error)?.message).toContain('fetch(create).id')
    expect(server.deliveries).toEqual([])
  })
})

const givesUp = ({ waitsForEver, losesItsTimeout }: Sdk) => !waitsForEver && !losesItsTimeout

describe.concurrent.each(SDKS.filter(givesUp))('$name', sdk => {
  const [KEY] = keysOf(sdk)

  test('that gives up by its own timeout comes back to the same request', async context => {
    const { server, make, create, fetches } = await world(context, sdk)
    server.meets('held')
    const impatient = make({ timeoutMs: 1_000 })
    const first = impatient(KEY).catch(() => create(KEY))
    await expect.poll(fetches, { timeout: 60_000 }).toBe(2)
    server.release()
    expect(await first).toEqual(sdk.resolves)
    expect([server.deliveries.length, server.executions()]).toEqual([1, 1])
  })
})

describe.concurrent.each(SDKS.filter(({ signsItsKey }) => !signsItsKey))('$name', sdk => {
  const [KEY, NEXT_KEY] = keysOf(sdk)

  test('sends under the next key after a 402, when it is called again', async context => {
    const { server, create } = await world(context, sdk)
    server.meets(sdk.declined)
    await errorOf(create(KEY))
    expect(await create(KEY)).toEqual(sdk.resolves)
    expect(server.keys()).toEqual([KEY, NEXT_KEY])
  })
})

describe.concurrent.each(SDKS.filter(({ signsItsKey }) => signsItsKey))('$name', sdk => {
  const [KEY] = keysOf(sdk)

  test('sends nothing under a key that it has not signed, and says so', async context => {
    const { server, create } = await world(context, sdk)
    server.meets(sdk.declined)
    await errorOf(create(KEY))
    const error = await errorOf(create(KEY))
    expect(operationErrorOf(error)).toMatchObject({ outcome: 'not-executed', code: 'configuration' })
    expect(server.keys()).toEqual([KEY])
    expect(await create('order-43')).toEqual(sdk.resolves)
  })
})
