import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { performing } from '../../src/client/performing-part.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { createClient, keyValueStore, stillonce } from '../../src/entries/core.ts'
import { fakeServer } from '../../src/entries/testing.ts'
import type { RecordStore } from '../../src/public/store.ts'
import type { KeyValueStorage } from '../../src/stores/key-value/storage.ts'
import { appStorage, lateAppStorage } from './app-storage.ts'

const NEW = { expected: null, open: true } as const

async function keysOf(listing: AsyncIterable<{ readonly key: string }> | undefined): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of listing ?? []) found.push(key)
  return found
}

/** As another runtime sees it, whose turns are its own. */
function asElsewhere<T>(work: () => T): T {
  const turns = Symbol.for('stillonce.key-value-turns')
  const mine: unknown = Reflect.get(globalThis, turns)
  Reflect.deleteProperty(globalThis, turns)
  try {
    return work()
  } finally {
    Reflect.set(globalThis, turns, mine)
  }
}

describe('what it says of itself', () => {
  test('it is weak, but where the storage is stated to be durable', () => {
    const { storage } = appStorage()
    const codec = { encrypt: (text: string) => text, decrypt: (text: string) => text }
    expect(keyValueStore(storage).isWeak).toBe(true)
    expect(keyValueStore({ ...storage, codec }).isWeak).toBe(true)
    expect(keyValueStore({ ...storage, durable: false }).isWeak).toBe(true)
    expect(keyValueStore({ ...storage, durable: true }).isWeak).toBeUndefined()
    expect(keyValueStore({ ...storage, durable: true, codec }).isWeak).toBeUndefined()
  })

  test.each([
    ['get', { get: undefined }],
    ['set', { set: 'localStorage' }],
    ['remove', { remove: undefined }],
    ['keys', { keys: undefined }],
    ['durable', { durable: 'yes' }],
    ['name', { name: '' }],
    ['clear', { clear: () => {} }],
  ])('a wrong %s is a configuration error that names it', (name, wrong) => {
    const options = { ...appStorage().storage, ...wrong }
    // @ts-expect-error -- a mistake of who has no types
    const make = () => keyValueStore(options)
    expect(make).toThrow(expect.objectContaining({ code: 'configuration' }))
    expect(make).toThrow(`keyValueStore.${name}`)
  })

  test('a runtime without strong chance is a configuration error that names what is missing', () => {
    vi.stubGlobal('crypto', {})
    expect(() => keyValueStore(appStorage().storage)).toThrow('crypto.getRandomValues')
    vi.unstubAllGlobals()
  })
})

const throwing = () => {
  throw new Error('no disk')
}

describe('a storage that fails', () => {
  test.each<[string, Partial<KeyValueStorage>, string]>([
    ['throws', { get: throwing }, 'keyValueStore.get threw "no disk"'],
    ['rejects', { set: () => Promise.reject(new Error('no disk')) }, 'keyValueStore.set threw "no disk"'],
    [
      'takes a text in silence and keeps none',
      { set: () => {} },
      'keyValueStore.get does not give what keyValueStore.set kept',
    ],
    [
      'is not waited for',
      { set: (key, value) => void setTimeout(() => [key, value], 5) },
      'Let `set` and `remove` give the promises of their writes.',
    ],
    [
      'gives an object, as Capacitor does',
      // @ts-expect-error -- a mistake of who has no types
      { get: () => Promise.resolve({ value: null }) },
      'keyValueStore.get gave: a value of type object, in place of a text, null or undefined',
    ],
    [
      'gives one text in place of a list',
      { keys: () => 'stillonce/record/a' },
      'keyValueStore.keys gave: a value of type string, in place of a list of texts',
    ],
  ])('one that %s is named, and nothing is written', async (_, broken, message) => {
    const { storage, texts } = appStorage()
    const store = keyValueStore({ ...storage, ...broken })
    await expect(store.set('a', 'x', NEW)).rejects.toThrow(message)
    expect(texts.has('stillonce/record/a')).toBe(false)
  })

  test.each<[string, (texts: Map<string, string>) => KeyValueStorage['set']]>([
    ['keeps the text from before', () => () => {}],
    ['writes later', texts => (key, value) => void setTimeout(() => texts.set(key, value))],
    ['cuts the text', texts => (key, value) => void texts.set(key, value.slice(0, -1))],
  ])('one that %s and says nothing has not written over a record', async (_, setOf) => {
    const { storage, texts } = appStorage()
    const version = await keyValueStore(storage).set('a', 'x', NEW)
    const store = keyValueStore({ ...storage, set: setOf(texts) })
    await expect(store.set('a', 'y', { expected: version ?? '', open: true })).rejects.toThrow(
      'keyValueStore.get does not give what keyValueStore.set kept',
    )
  })

  test('one that keeps what it was to remove is named', async () => {
    const { storage } = appStorage()
    const store = keyValueStore({ ...storage, remove: () => {} })
    const version = await store.set('a', 'x', NEW)
    await expect(store.delete('a', { expected: version ?? '' })).rejects.toThrow(
      'keyValueStore.get still gives what keyValueStore.remove removed',
    )
    expect(await store.get('a')).toMatchObject({ value: 'x', version })
  })

  test('one that is full says so', async () => {
    const { storage } = appStorage()
    const set = () => Promise.reject(new Error('QUOTA_BYTES quota exceeded'))
    const store = keyValueStore({ ...storage, set })
    await expect(store.set('a', 'x', NEW)).rejects.toMatchObject({ kind: 'failed', reason: 'full' })
  })

  test('what lies in the place of a record is left as it is, and can be dropped by its version', async () => {
    const { storage, texts } = appStorage()
    const store = keyValueStore(storage)
    await store.set('a', 'x', NEW)
    texts.set('stillonce/record/a', 'something else')
    const error: unknown = await store.get('a').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ kind: 'corrupt', version: 'damaged something else' })
    await expect(store.set('a', 'y', NEW)).rejects.toMatchObject({ kind: 'corrupt' })
    expect(await keysOf(store.listOpen(''))).toEqual(['a'])
    expect(texts.get('stillonce/record/a')).toBe('something else')
    expect(await store.delete('a', { expected: 'damaged something else' })).toBe(true)
    expect(await store.get('a')).toBeUndefined()
  })

  test('an index that is lost hides no record, and no version comes back', async () => {
    const { storage, texts } = appStorage()
    const before = keyValueStore(storage)
    const versions = [await before.set('b', 'x', NEW), await before.set('a', 'x', NEW)]
    await before.set('settled', 'x', { expected: null, open: false })
    texts.delete('stillonce/index')
    const store = keyValueStore(storage)
    expect(await keysOf(store.listOpen(''))).toEqual(['b', 'a'])
    expect(versions).not.toContain(await store.set('c', 'x', NEW))
    expect(await keysOf(store.listOpen(''))).toEqual(['b', 'a', 'c'])
  })

  test('an index that cannot be understood hides no record, and is left as it is', async () => {
    const { storage, texts } = appStorage()
    const store = keyValueStore(storage)
    await store.set('a', 'x', NEW)
    texts.set('stillonce/index', '{"of":"a newer version"}')
    expect(await keysOf(store.listOpen(''))).toEqual(['a'])
    await expect(store.set('b', 'x', NEW)).rejects.toMatchObject({ kind: 'corrupt' })
    expect(texts.get('stillonce/index')).toBe('{"of":"a newer version"}')
  })

  test.each(['a\0b', '\ud800'])('a text that storages change is refused: %j', async text => {
    const { storage, texts } = appStorage()
    const store = keyValueStore(storage)
    await expect(store.set('a', text, NEW)).rejects.toThrow('without NUL')
    await expect(store.set(text, 'x', NEW)).rejects.toThrow('without NUL')
    expect(texts.size).toBe(0)
  })
})

describe('a storage that does not answer', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  test.each([
    ['with Web Locks', () => {}],
    // As in React Native.
    ['without Web Locks', () => vi.stubGlobal('navigator', {})],
  ])(
    '%s holds up the others for 5 s, and nothing is done in the place of what may still come',
    async (_, prepare) => {
      prepare()
      const { storage, texts } = appStorage()
      let answer = () => {}
      const hanging = new Promise<void>(resolve => {
        answer = resolve
      })
      const name = 'one that hangs'
      const first = keyValueStore({ ...storage, name, set: () => hanging })
      const other = keyValueStore({ ...storage, name })
      const hangs = first.set('a', 'x', NEW).catch((error: unknown) => error)
      const waits = other.set('b', 'x', NEW).catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(4_999)
      expect(await Promise.race([waits, Promise.resolve('waiting')])).toBe('waiting')
      await vi.advanceTimersByTimeAsync(1)
      expect(await waits).toMatchObject({ kind: 'failed', reason: 'busy' })
      expect(texts.size).toBe(0)
      answer()
      await hangs
      expect(await other.set('b', 'x', NEW)).toBeDefined()
    },
  )
})

describe('two that share a storage', () => {
  const race = async (stores: readonly RecordStore[]) => {
    const versions = await Promise.all(stores.map(store => store.set('a', 'x', NEW)))
    return versions.filter(version => version !== undefined).length
  }

  test('in one runtime take turns, whichever copy of the package made them', async () => {
    vi.stubGlobal('navigator', {})
    const { storage } = lateAppStorage()
    vi.resetModules()
    const copy = await import('../../src/stores/key-value/key-value-store.ts')
    expect(await race([keyValueStore(storage), copy.keyValueStore(storage)])).toBe(1)
    vi.unstubAllGlobals()
  })

  test('in two runtimes take turns by a Web Lock, where they share these', async () => {
    const { storage } = lateAppStorage()
    const stores = [keyValueStore(storage), asElsewhere(() => keyValueStore(storage))]
    expect(await race(stores)).toBe(1)
    const [here, there] = stores
    const settles = await here?.get('a')
    await here?.set('a', 'x', { expected: settles?.version ?? '', open: false })
    const settled = await there?.get('a')
    await there?.set('a', 'x', { expected: settled?.version ?? '', open: true })
    await here?.set('b', 'x', NEW)
    expect(await keysOf(there?.listOpen(''))).toEqual(['a', 'b'])
  })

  test('in two runtimes without Web Locks both win: that is outside the promise', async () => {
    vi.stubGlobal('navigator', {})
    const { storage } = lateAppStorage()
    const here = keyValueStore(storage)
    let written: Promise<string | undefined> | undefined
    // What is there is read, and changes before it is written over.
    const get = async (key: string) => {
      const found = await storage.get(key)
      if (key.endsWith('/a')) await (written ??= here.set('a', 'x', NEW))
      return found
    }
    const there = asElsewhere(() => keyValueStore({ ...storage, get }))
    expect(await there.set('a', 'x', NEW)).toBeTypeOf('string')
    expect(await written).toBeTypeOf('string')
    vi.unstubAllGlobals()
  })
})

/** A storage that dies after so many changes: what comes after has not happened, and is not answered. */
function dying(storage: KeyValueStorage, changes: number): KeyValueStorage {
  let left = changes
  const change = (work: () => unknown) => () => {
    left -= 1
    return left < 0 ? Promise.reject(new Error('the app was killed')) : work()
  }
  return {
    ...storage,
    set: (key, value) => change(() => storage.set(key, value))(),
    remove: key => change(() => storage.remove(key))(),
  }
}

describe('an app that is killed between two writes of the storage', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'after change %i: what is open is listed, what is settled is not',
    async changes => {
      const { storage, texts } = appStorage()
      const seen = new Set<string | undefined>()
      const before = keyValueStore(dying(storage, changes))
      const steps = async () => {
        const a = await before.set('a', '1', NEW)
        seen.add(a)
        const b = await before.set('b', '1', NEW)
        seen.add(b)
        const settled = await before.set('a', '2', { expected: a ?? '', open: false })
        seen.add(settled)
        seen.add(await before.set('a', '3', { expected: settled ?? '', open: true }))
      }
      await steps().catch(() => {})
      const after = keyValueStore(storage)
      const open: string[] = []
      for (const key of ['a', 'b']) {
        const text = texts.get(`stillonce/record/${key}`)
        const entry: { readonly open?: boolean; readonly version?: string } = JSON.parse(text ?? '{}')
        if (entry.open === true) open.push(key)
        expect((await after.get(key))?.version).toBe(entry.version)
      }
      expect((await keysOf(after.listOpen(''))).toSorted()).toEqual(open)
      expect(seen).not.toContain(await after.set('c', '1', NEW))
      expect((await keysOf(after.listOpen(''))).toSorted()).toEqual([...open, 'c'])
    },
  )
})

test('what has expired goes from the storage while others settle', async () => {
  const { storage, texts } = appStorage()
  let nowAt = 1_000
  const store = keyValueStore({ ...storage, now: () => nowAt })
  const settle = (key: string) => store.set(key, 'x', { expected: null, open: false, expiresAt: nowAt + 10 })
  for (let index = 0; index < 100; index += 1) await settle(`old ${index}`)
  nowAt = 2_000
  for (let index = 0; index < 200; index += 1) await settle(`new ${index}`)
  expect([...texts.keys()].filter(key => key.includes('/old ')).length).toBe(0)
  expect([...texts.keys()].filter(key => key.includes('/new ')).length).toBe(200)
})

test('keys of others in the storage are left alone', async () => {
  const { storage, texts } = appStorage()
  texts.set('theme', 'dark')
  texts.set('stillonce-too/record/x', '{}')
  const store = keyValueStore(storage)
  await store.set('a', 'x', { expected: null, open: false })
  expect(await keysOf(store.listSettled?.(''))).toEqual(['a'])
  expect([...texts.keys()].toSorted()).toEqual([
    'stillonce-too/record/x',
    'stillonce/index',
    'stillonce/record/a',
    'theme',
  ])
})

test('an app that is started again goes on with the key of the payment whose answer was lost', async () => {
  const server = fakeServer()
  const { storage } = lateAppStorage()
  const start = (deadline: number) => {
    const client = createClient({
      transport: fetchTransport({ baseUrl: server.url, fetch: server.fetch }),
      store: keyValueStore({ ...storage, durable: true }),
      scope: 'anna',
      profile: stillonce,
      timeout: 100,
      deadline,
    })
    return client.operation({
      name: 'pay',
      id: (invoice: { readonly id: number }) => invoice.id,
      request: invoice => ({ method: 'post', url: 'payments', json: invoice }),
      persist: 'request',
    })
  }
  server.always('lose-answer')
  await performing.load()
  const before = await start(300).start({ id: 42 }).settled
  expect(before.outcome).toBe('unknown')
  server.always()
  const after = await start(30_000).start({ id: 42 }).settled
  expect(after).toMatchObject({ outcome: 'executed', replayed: true })
  expect(server.effects.length).toBe(1)
})
