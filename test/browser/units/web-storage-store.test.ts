import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { webStorageStore } from '../../../src/stores/web-storage/web-storage-store.ts'
import { original } from './original.ts'
import type { RecordStore, SetOptions } from '../../../src/public/store.ts'

const NEW: SetOptions = { expected: null, open: true }

let name: string
let store: RecordStore

beforeEach(() => {
  name = crypto.randomUUID()
  store = webStorageStore({ storage: localStorage, name })
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  await store.close?.()
  localStorage.clear()
})

test('without Web Locks it is a configuration error', () => {
  vi.stubGlobal('navigator', {})
  expect(() => webStorageStore()).toThrow(
    expect.objectContaining({
      code: 'configuration',
      message:
        'webStorageStore: needs Web Locks, which are on secure pages only (https, localhost): without them two tabs would both send',
    }),
  )
})

test('with a polyfill of Web Locks it is a configuration error', () => {
  const { locks } = navigator
  vi.stubGlobal('navigator', { locks })
  expect(() => webStorageStore()).toThrow(
    expect.objectContaining({
      code: 'configuration',
      message:
        'webStorageStore: needs the Web Locks of the browser: with a polyfill of them two tabs would both send',
    }),
  )
})

test('it is marked weak, also with a codec', () => {
  const codec = { encrypt: (text: string) => text, decrypt: (text: string) => text }
  expect([store.isWeak, webStorageStore({ codec }).isWeak]).toEqual([true, true])
})

test('of a write that finds no room nothing is left', async () => {
  const version = await store.set('a', 'before', NEW)
  const items = () => JSON.stringify(Object.entries(localStorage).toSorted(([a], [b]) => a.localeCompare(b)))
  const before = items()
  const setItem = original(Storage.prototype, 'setItem')
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(function (this: Storage, place, text) {
    if (place.endsWith('/sequence')) throw new DOMException('full', 'QuotaExceededError')
    setItem.call(this, place, text)
  })
  await expect(store.set('a', 'after', { expected: version!, open: false })).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'failed',
    message: `The web storage store "${name}" has no room: the quota of this site is used up. Nothing was written.`,
  })
  await expect(store.set('b', 'new', NEW)).rejects.toMatchObject({ kind: 'failed' })
  vi.restoreAllMocks()
  expect(items()).toBe(before)
})

test('a storage that takes each text in silence and keeps none is told, and nothing counts as written', async () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {})
  await expect(store.set('a', 'x', NEW)).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'failed',
    message: `The web storage store "${name}" could not be used. Nothing was written.`,
  })
  vi.restoreAllMocks()
  expect(Object.keys(localStorage).filter(key => key.includes(name))).toEqual([])
})

test('a storage that the browser refuses fails each operation', async () => {
  vi.stubGlobal('localStorage', undefined)
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get: () => {
      throw new DOMException('denied', 'SecurityError')
    },
  })
  const blocked = webStorageStore({ name })
  const told = `The web storage store "${name}" may not be used: the browser blocks the data of this site. Nothing was written.`
  await expect(blocked.get('a')).rejects.toMatchObject({ name: 'StoreError', kind: 'failed', message: told })
  await expect(blocked.set('a', '1', NEW)).rejects.toMatchObject({ kind: 'failed', message: told })
})

describe('what something else wrote in its places', () => {
  test.each(['{', 'null', '5', '[]', '{"value":1,"version":"1","place":1,"open":true}'])(
    'is corrupt and left as it is: %s',
    async text => {
      localStorage.setItem(`${name}/record/a`, text)
      await expect(store.get('a')).rejects.toMatchObject({ name: 'StoreError', kind: 'corrupt' })
      await expect(store.set('a', '1', NEW)).rejects.toMatchObject({ kind: 'corrupt' })
      expect(localStorage.getItem(`${name}/record/a`)).toBe(text)
    },
  )

  test.each(['sequence', 'open'])('is corrupt and left as it is: %s', async place => {
    localStorage.setItem(`${name}/${place}`, '"other"')
    await expect(store.set('a', '1', NEW)).rejects.toMatchObject({ name: 'StoreError', kind: 'corrupt' })
    expect(localStorage.getItem(`${name}/${place}`)).toBe('"other"')
    expect(localStorage.getItem(`${name}/record/a`)).toBeNull()
  })
})

test('a storage that was cleared is written again at once, and a version does not come back', async () => {
  const before = await store.set('a', '1', NEW)
  localStorage.clear()
  const begunMs = performance.now()
  const after = await store.set('a', '1', NEW)
  // What this page wrote itself it does not wait for.
  expect(performance.now() - begunMs).toBeLessThan(1_000)
  expect([after === undefined, after === before]).toEqual([false, false])
})

test('a writer waits for what the last one wrote, and writes nothing where it does not come', async () => {
  await store.set('a', '1', NEW)
  const { epoch } = JSON.parse(localStorage.getItem(`${name}/sequence`) ?? '') as { readonly epoch: string }
  const tellOf = (number: number, until: Promise<unknown>) =>
    new Promise<Promise<unknown>>(resolve => {
      const done: Promise<unknown> = navigator.locks.request(
        `stillonce/web-storage/${name}/written/${number}-${epoch}`,
        { mode: 'shared' },
        () => {
          resolve(Promise.resolve().then(() => done))
          return until
        },
      )
    })
  // As another tab does whose second write has not come through yet.
  let end = () => {}
  void tellOf(2, new Promise<void>(resolve => (end = resolve)))
  let wrote = false
  const write = store.set('b', '2', NEW).finally(() => (wrote = true))
  await store.get('a')
  await new Promise(resolve => requestAnimationFrame(resolve))
  expect(wrote).toBe(false)
  localStorage.setItem(`${name}/sequence`, JSON.stringify({ last: 2, epoch }))
  expect(await write).toBe(`3-${epoch}`)
  end()

  void tellOf(99, new Promise<void>(resolve => (end = resolve)))
  await expect(store.set('c', '3', NEW)).rejects.toMatchObject({
    kind: 'failed',
    message: `The web storage store "${name}" waited 2000 ms for what another tab wrote. Nothing was written.`,
  })
  expect(localStorage.getItem(`${name}/record/c`)).toBeNull()
  end()
})

test('a lock that another tab never lets go fails a write in time, and the next one works when it is free', async () => {
  let letGo = () => {}
  const held = new Promise<void>(resolve => {
    letGo = resolve
  })
  const holder = navigator.locks.request(`stillonce/web-storage/${name}/write`, () => held)
  await expect(store.set('a', '1', NEW)).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'failed',
    reason: 'busy',
    message: expect.stringContaining('waited 5000 ms for its turn'),
  })
  letGo()
  await holder
  expect(await store.set('a', '1', NEW)).toBeDefined()
})

test('a page that is left in the middle of its turn lets the lock go, and writes nothing', async () => {
  await store.set('a', '1', NEW)
  const { epoch } = JSON.parse(localStorage.getItem(`${name}/sequence`) ?? '') as { readonly epoch: string }
  let end = () => {}
  const told = new Promise<void>(resolve => {
    end = resolve
  })
  // Another tab's write that has not come through: the turn waits for it.
  void navigator.locks.request(
    `stillonce/web-storage/${name}/written/99-${epoch}`,
    { mode: 'shared' },
    () => told,
  )
  const write = store.set('b', '2', NEW)
  const lockName = `stillonce/web-storage/${name}/write`
  await vi.waitUntil(async () => (await navigator.locks.query()).held?.some(lock => lock.name === lockName))
  globalThis.dispatchEvent(new Event('pagehide'))
  await expect(write).rejects.toMatchObject({ kind: 'failed', message: expect.stringContaining('was left') })
  expect((await navigator.locks.query()).held?.some(lock => lock.name === lockName)).toBe(false)
  expect(localStorage.getItem(`${name}/record/b`)).toBeNull()
  end()
})

test('what has expired is cleared away by later writes', async () => {
  let nowAt = 1_000
  const timed = webStorageStore({ storage: localStorage, name, now: () => nowAt })
  await timed.set('a', '', { expected: null, open: false, expiresAt: 2_000 })
  nowAt = 2_000
  for (let index = 0; index < 64; index += 1) {
    await timed.set(`${index}`, '', { expected: null, open: false })
  }
  expect(localStorage.getItem(`${name}/record/a`)).toBeNull()
  await timed.close?.()
})

describe('options', () => {
  test.each([
    ['name', '', 'must be a text that is not empty'],
    ['storage', {}, 'must be a Storage: localStorage or sessionStorage'],
    ['now', 5, 'must be a function that gives epoch milliseconds'],
    ['codec', {}, 'must be an object with the functions encrypt and decrypt'],
    ['storgae', 'x', 'must be left out: the options are storage, name, codec, now'],
  ])('%s: %j is a configuration error', (option, value, fault) => {
    expect(() => webStorageStore({ [option]: value })).toThrow(
      expect.objectContaining({ code: 'configuration', message: `webStorageStore.${option}: ${fault}` }),
    )
  })
})
