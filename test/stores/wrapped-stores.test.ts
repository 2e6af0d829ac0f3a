import { describe, expect, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { withCodec, type ListingStore } from '../../src/stores/codec.ts'
import { withFallback } from '../../src/stores/fallback.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { StoreError } from '../../src/stores/store-error.ts'
import { agingStore } from '../../src/testing/aging-store.ts'
import { crashAt } from '../../src/testing/crash-at.ts'

const plainly = { encrypt: (text: string) => text, decrypt: (text: string) => text }

/** As IndexedDB is in a page whose data the browser blocks. */
function blocked(): ListingStore {
  const refuse = () => Promise.reject(new StoreError('failed', 'It is blocked.', { reason: 'blocked' }))
  const refusal = { [Symbol.asyncIterator]: () => ({ next: refuse }) }
  return {
    get: refuse,
    set: refuse,
    delete: refuse,
    listOpen: () => refusal,
    listSettled: () => refusal,
  }
}

/** Every store of the package that stands before another one. */
const wrappers: [string, (inner: RecordStore) => RecordStore][] = [
  ['a fallback', inner => withFallback(blocked(), inner)],
  [
    'what a fallback is for',
    inner => withFallback(inner as ListingStore, memoryStore({ maxSettled: Infinity })),
  ],
  ['a codec', inner => withCodec(inner as ListingStore, plainly)],
  ['a store that ages', inner => agingStore(inner).store],
  ['the store of a process that dies', inner => crashAt('before-send').store(inner)],
]

describe.each(wrappers)('%s', (_name, wrap) => {
  test('is bounded where what is behind it is, and a server refuses it', () => {
    const bounded = wrap(memoryStore())
    expect(bounded.isBounded).toBe(true)
    expect(() => createIdempotency({ store: bounded, scope: 'shop' })).toThrow('store')
    const whole = wrap(memoryStore({ maxSettled: Infinity }))
    expect(whole.isBounded).toBeUndefined()
    createIdempotency({ store: whole, scope: 'shop' })
  })

  test('tells what is dropped behind it, until nobody listens', async () => {
    const store = wrap(memoryStore({ maxSettled: 1 }))
    const dropped: string[] = []
    const end = store.onDrop?.(key => dropped.push(key))
    const settle = (key: string) => store.set(key, 'x', { expected: null, open: false })
    await settle('a')
    await settle('b')
    await settle('c')
    expect(dropped).toEqual(['a', 'b'])
    end?.()
    await settle('d')
    expect(dropped).toEqual(['a', 'b'])
  })

  test('remembers since when what is behind it does', async () => {
    const store = wrap(memoryStore({ maxSettled: Infinity, now: () => 4_000_000_000_000 }))
    expect(await store.since?.()).toBe(4_000_000_000_000)
  })

  test('is weak where what is behind it is', () => {
    expect(wrap({ ...memoryStore(), isWeak: true }).isWeak).toBe(true)
  })

  test('lists what is settled behind it, and closes it', async () => {
    const inner = memoryStore()
    const store = wrap(inner)
    await store.set('a', '{}', { expected: null, open: false })
    const keys: string[] = []
    for await (const { key } of store.listSettled?.('') ?? []) keys.push(key)
    expect(keys).toEqual(['a'])
    await store.close?.()
    await expect(inner.get('a')).rejects.toThrow('closed')
  })
})

test('a memory that ages began so much earlier', async () => {
  const { store, age } = agingStore(memoryStore({ now: () => 1_000_000 }))
  await age(400_000)
  expect(await store.since?.()).toBe(600_000)
})
