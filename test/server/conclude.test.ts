import { describe, expect, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import type { KeyConclusion } from '../../src/entries/server.ts'
import { serverRecordKey } from '../../src/server/core/key-header.ts'
import { isOperationError } from '../../src/public/errors.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { atKey, listed, post, shop, told, trialServer } from './trial-server.ts'

/* A key that a person settles, where its record or the store is not as it should be. */

const place = serverRecordKey('shop', 'k1')
const executed: KeyConclusion = { scope: 'shop', outcome: 'executed' }

describe('a damaged record', () => {
  test.each([
    ['no JSON', 'from a newer version'],
    ['another format', '{"v":9,"state":"succeeded"}'],
    ['no object', '[]'],
    ['no state', '{"v":1,"owner":"a","write":1,"createdAt":1,"changedAt":1}'],
    ['nothing', ''],
  ])('(%s) is told as such, left as it is, and replaced where that is said', async (_, value) => {
    const { process, store, events } = trialServer()
    await store.set(place, value, { expected: null, open: true })
    const once = process()
    const error: unknown = await once.conclude('k1', executed).catch(fault => fault)
    expect(isOperationError(error)).toBe(true)
    expect(error).toMatchObject({ code: 'store-corrupt', outcome: 'unknown', key: 'k1' })
    expect((error as Error).message).toMatch(/left as it is|left as it was/)
    expect((error as Error).message).toContain('`force`')
    expect(events).toEqual(['store-failed'])
    expect((await store.get(place))?.value).toBe(value)
    expect(await listed(once.unresolved())).toMatchObject([{ scope: 'shop', key: 'k1', state: 'damaged' }])

    await once.conclude('k1', { ...executed, response: Response.json({ order: 7 }), force: true })
    const { handler, orders } = shop()
    expect(await told(process().handle(post('k1'), handler))).toMatchObject({
      status: 200,
      body: { order: 7 },
      replayed: true,
    })
    expect(orders).toEqual([])
    expect(await listed(once.unresolved())).toEqual([])
  })

  test('that a codec cannot open is replaced too', async () => {
    let secret = 'a'
    const store = memoryStore({
      maxSettled: Infinity,
      codec: {
        encrypt: text => `${secret}${text}`,
        decrypt: sealed => {
          if (!sealed.startsWith(secret)) throw new Error('another secret')
          return sealed.slice(1)
        },
      },
    })
    const once = createIdempotency({ store, scope: 'shop' })
    await once.handle(post('k1'), () => {
      throw new Error('half way')
    })
    secret = 'b'
    await expect(once.conclude('k1', executed)).rejects.toMatchObject({ code: 'store-corrupt' })
    await once.conclude('k1', { scope: 'shop', outcome: 'not-executed', force: true })
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ code: 'not-executed' })
  })

  test('force changes nothing of what is settled or at work', async () => {
    const { process } = trialServer()
    const once = process()
    await once.handle(post('k1'), shop().handler)
    const against = { scope: 'shop', outcome: 'not-executed', force: true } as const
    await expect(once.conclude('k1', against)).rejects.toMatchObject({
      code: 'conflict',
      outcome: 'executed',
    })
    void once.handle(post('k2'), () => new Promise<Response>(() => {}))
    await Promise.resolve()
    await expect.poll(async () => (await told(once.status(atKey('k2')))).status).toBe(202)
    await expect(once.conclude('k2', against)).rejects.toMatchObject({ code: 'still-processing' })
  })
})

test('a store that fails is told as such, and nothing is said of the outcome', async () => {
  const { process, store, events } = trialServer()
  const once = process()
  store.down(true)
  const error: unknown = await once.conclude('k1', executed).catch(fault => fault)
  expect(error).toMatchObject({ code: 'store-failed', outcome: 'unknown', key: 'k1' })
  expect((error as Error).cause).toMatchObject({ message: 'the store is down' })
  expect(events).toEqual(['store-failed'])
})

test.each<[path: string, key: unknown, conclusion: unknown]>([
  ['conclude.outcome', 'k1', { scope: 'shop', outcome: 'failed' }],
  ['conclude.outcome', 'k1', { scope: 'shop', outcome: 'succeeded' }],
  ['conclude.outcome', 'k1', { scope: 'shop', outcome: 'unknown' }],
  ['conclude.outcome', 'k1', { scope: 'shop' }],
  ['conclude.response', 'k1', { ...executed, response: { order: 7 } }],
  ['conclude.response', 'k1', { ...executed, response: Response.error() }],
  ['conclude.response', 'k1', { ...executed, response: new Response('sold out', { status: 409 }) }],
  ['conclude.response', 'k1', { ...executed, response: new Response('broken', { status: 500 }) }],
  ['conclude.response', 'k1', { scope: 'shop', outcome: 'not-executed', response: Response.json(1) }],
  ['conclude.result', 'k1', { ...executed, result: 7 }],
  ['conclude.force', 'k1', { ...executed, force: 'yes' }],
  ['conclude.key', '', executed],
  ['conclude.key', '"k1"', executed],
  ['conclude.key', 'k 1', executed],
  ['conclude.key', undefined, executed],
  ['conclude', 'k1', undefined],
  ['conclude', 'k1', 'executed'],
  ['scope', 'k1', { outcome: 'executed' }],
  ['scope', 'k1', { scope: 'Bearer x1', outcome: 'executed' }],
])('%s is a mistake that settles nothing: %j %j', async (path, key, conclusion) => {
  const { process, store } = trialServer()
  await expect(process().conclude(key as string, conclusion as KeyConclusion)).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining(`${path}: `),
  })
  expect(store.calls).toEqual([])
})
