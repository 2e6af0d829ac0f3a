import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { trialClock } from './trial-clock.ts'

describe('maxSettled', () => {
  test('beyond it the records that settled first go, and listeners are told', async () => {
    const store = memoryStore({ maxSettled: 2 })
    const dropped: string[] = []
    store.onDrop?.(key => dropped.push(key))

    const versionOfC = await store.set('c', 'x', { expected: null, open: true })
    await store.set('a', 'x', { expected: null, open: false })
    await store.set('b', 'x', { expected: null, open: false })
    expect(dropped).toEqual([])

    await store.set('c', 'x', { expected: versionOfC!, open: false })
    await store.set('d', 'x', { expected: null, open: false })

    expect(dropped).toEqual(['a', 'b'])
    expect(await store.get('a')).toBeUndefined()
    expect((await store.get('c'))?.value).toBe('x')
    expect((await store.get('d'))?.value).toBe('x')
  })

  test('a settled record that is written again keeps its place', async () => {
    const store = memoryStore({ maxSettled: 2 })
    const dropped: string[] = []
    store.onDrop?.(key => dropped.push(key))
    const version = await store.set('a', '1', { expected: null, open: false })
    await store.set('b', '1', { expected: null, open: false })
    await store.set('a', '2', { expected: version!, open: false })
    expect((await store.get('a'))?.value).toBe('2')
    await store.set('c', '1', { expected: null, open: false })
    await store.set('d', '1', { expected: null, open: false })
    expect(dropped).toEqual(['a', 'b'])
    expect(await count(store.listSettled?.('') ?? store.listOpen(''))).toBe(2)
  })

  test('open records are not counted and never dropped', async () => {
    const store = memoryStore({ maxSettled: 1 })
    const dropped: string[] = []
    store.onDrop?.(key => dropped.push(key))

    for (let index = 0; index < 100; index += 1)
      await store.set(`${index}`, 'x', { expected: null, open: true })
    const settled = await store.set('settled', 'x', { expected: null, open: false })
    await store.set('settled', 'x', { expected: settled!, open: true })
    await store.set('other', 'x', { expected: null, open: false })

    expect(dropped).toEqual([])
    expect(await count(store.listOpen(''))).toBe(101)
  })

  test('10,000 by default', async () => {
    const store = memoryStore()
    for (let index = 0; index <= 10_000; index += 1) {
      await store.set(`${index}`, 'x', { expected: null, open: false })
    }
    expect(await store.get('0')).toBeUndefined()
    expect((await store.get('1'))?.value).toBe('x')
  })

  test('an expired record makes room first, and is no loss to tell of', async () => {
    const clock = trialClock()
    const store = memoryStore({ maxSettled: 2, now: clock.now })
    const dropped: string[] = []
    store.onDrop?.(key => dropped.push(key))

    await store.set('a', 'x', { expected: null, open: false, expiresAt: clock.now() + 1 })
    await store.set('b', 'x', { expected: null, open: false })
    await clock.advance(1)
    await store.set('c', 'x', { expected: null, open: false })

    expect(dropped).toEqual([])
    expect((await store.get('b'))?.value).toBe('x')
  })

  test('a listener that was ended is told no more', async () => {
    const store = memoryStore({ maxSettled: 1 })
    const dropped: string[] = []
    const end = store.onDrop?.(key => dropped.push(key))
    await store.set('a', 'x', { expected: null, open: false })
    await store.set('b', 'x', { expected: null, open: false })
    end?.()
    await store.set('c', 'x', { expected: null, open: false })
    expect(dropped).toEqual(['a'])
  })
})

test('what is open is listed by its prefix, whichever scopes come and go meanwhile', async () => {
  const store = memoryStore()
  const keys = ['so1/a/x/1', 'so1/a/y/2', 'so1/ab/x/1', 'so1/b/x/1', 'a/1', 'a', '', 'so1//x/1', 'so1/a/x/2']
  const open = new Map<string, string>()
  const pick = drawn(7)
  for (let step = 0; step < 2_000; step += 1) {
    const key = keys[pick(keys.length)] ?? ''
    const version = open.get(key)
    if (version === undefined)
      open.set(key, (await store.set(key, 'x', { expected: null, open: true })) ?? '')
    else {
      open.delete(key)
      await store.delete(key, { expected: version })
    }
    const prefix = (keys[pick(keys.length)] ?? '').slice(0, pick(9))
    const listed = []
    for await (const record of store.listOpen(prefix)) listed.push(record.key)
    expect(listed).toEqual([...open.keys()].filter(each => each.startsWith(prefix)))
  }
})

/** Numbers below a limit, the same each time. */
function drawn(seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(state / 65_536) % limit
  }
}

test('what get gave does not change with the next write', async () => {
  const store = memoryStore()
  const version = await store.set('a', 'first', { expected: null, open: true })
  const found = await store.get('a')
  await store.set('a', 'second', { expected: version!, open: true })
  expect(found).toEqual({ value: 'first', version })
})

test('a listing leaves out what settled or went before it came to it', async () => {
  const store = memoryStore()
  const versions: (string | undefined)[] = []
  for (const key of ['a', 'b', 'c', 'd'])
    versions.push(await store.set(key, 'x', { expected: null, open: true }))
  const listed: string[] = []
  for await (const { key } of store.listOpen('')) {
    listed.push(key)
    if (key !== 'a') continue
    await store.set('b', 'x', { expected: versions[1]!, open: false })
    await store.delete('c', { expected: versions[2]! })
  }
  expect(listed).toEqual(['a', 'd'])
})

test('listing a scope does not look at what is open in others', async () => {
  const small = memoryStore()
  await fill(small, 'mine', 100)
  const large = memoryStore()
  await fill(large, 'mine', 100)
  for (let scope = 0; scope < 500; scope += 1) await fill(large, `scope-${scope}`, 400)

  // 200,000 others, so that a scan would take about 2,000 times as long.
  expect(await fastestListing(large)).toBeLessThan(50 * (await fastestListing(small)))
})

test('a scope with nothing open any more costs a listing nothing', async () => {
  const fresh = memoryStore()
  await fill(fresh, 'mine', 100)
  const used = memoryStore({ maxSettled: 1 })
  await fill(used, 'mine', 100)
  for (let scope = 0; scope < 100_000; scope += 1) {
    const key = `so1/scope-${scope}/order/1`
    const version = await used.set(key, 'x', { expected: null, open: true })
    await used.set(key, 'x', { expected: version!, open: false })
  }

  // 100,000 names to look at would take about 500 times as long.
  expect(await fastestListing(used, 'so1/')).toBeLessThan(20 * (await fastestListing(fresh, 'so1/')))
})

test.each([
  [{ maxSettled: 0 }, 'memoryStore.maxSettled: must be a whole number of at least 1, or Infinity'],
  [{ maxSettled: 1.5 }, 'memoryStore.maxSettled: must be a whole number of at least 1, or Infinity'],
  [{ maxSettled: Number.NaN }, 'memoryStore.maxSettled: must be a whole number of at least 1, or Infinity'],
  [{ maxSettled: '10' }, 'memoryStore.maxSettled: must be a whole number of at least 1, or Infinity'],
  [{ now: 5 }, 'memoryStore.now: must be a function that gives epoch milliseconds'],
  [{ codec: {} }, 'memoryStore.codec: must be an object with the functions encrypt and decrypt'],
  [{ maxSetled: 5 }, 'memoryStore.maxSetled: must be left out: the options are maxSettled, now, codec'],
  [{ constructor: 1 }, 'memoryStore.constructor: must be left out: the options are maxSettled, now, codec'],
  [null, 'memoryStore: must be given an object of options'],
])('a wrong option is refused by its path: %j', (options, message) => {
  expect(() => memoryStore(options as never)).toThrow(message)
})

async function fill(store: RecordStore, scope: string, records: number): Promise<void> {
  for (let index = 0; index < records; index += 1) {
    await store.set(`so1/${scope}/order/${index}`, 'x', { expected: null, open: true })
  }
}

async function fastestListing(store: RecordStore, prefix = 'so1/mine/'): Promise<number> {
  let fastestMs = Infinity
  for (let round = 0; round < 20; round += 1) {
    const startedMs = performance.now()
    expect(await count(store.listOpen(prefix))).toBe(100)
    fastestMs = Math.min(fastestMs, performance.now() - startedMs)
  }
  return fastestMs
}

async function count(records: AsyncIterable<unknown>): Promise<number> {
  let found = 0
  for await (const _record of records) found += 1
  return found
}
