import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { indexedDBStore } from '../../../src/stores/indexed-db/indexed-db-store.ts'
import { memoryStore } from '../../../src/stores/memory/memory-store.ts'
import type { RecordStore, SetOptions } from '../../../src/public/store.ts'
import { original } from './original.ts'
import { trialClock } from '../../stores/trial-clock.ts'

const NEW: SetOptions = { expected: null, open: true }

let name: string
let store: RecordStore
/** Every connection that was opened, as the browser sees it. */
let connections: IDBDatabase[]

beforeEach(() => {
  name = crypto.randomUUID()
  store = indexedDBStore({ name })
  connections = []
  const open = original(IDBFactory.prototype, 'open')
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...args) {
    const request = open.apply(this, args)
    request.addEventListener('success', () => connections.push(request.result))
    return request
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await store.close?.()
  indexedDB.deleteDatabase(name)
})

function watchTransactions(): IDBTransaction[] {
  const begun: IDBTransaction[] = []
  const transaction = original(IDBDatabase.prototype, 'transaction')
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    const result = transaction.apply(this, args)
    if (result.mode === 'readwrite') begun.push(result)
    return result
  })
  return begun
}

async function rawOpen(
  database: string,
  version: number,
  upgrade?: (database: IDBDatabase) => unknown,
): Promise<IDBDatabase> {
  const request = indexedDB.open(database, version)
  request.addEventListener('upgradeneeded', () => upgrade?.(request.result))
  const opened = await new Promise<IDBDatabase>((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('not opened')))
  })
  onTestFinished(() => opened.close())
  return opened
}

describe('durability', () => {
  test('what opens an operation is written strictly, and so is each write until it settles', async () => {
    const begun = watchTransactions()
    const version = await store.set('a', '1', NEW)
    await store.set('a', '2', { expected: version!, open: true })
    expect(begun.map(({ durability }) => durability)).toEqual(['strict', 'strict'])
  })

  test('the finish over an open record is relaxed, and so is delete', async () => {
    const version = await store.set('a', '1', NEW)
    const begun = watchTransactions()
    const settled = await store.set('a', '2', { expected: version!, open: false })
    await store.delete('a', { expected: settled! })
    expect(begun.map(({ durability }) => durability)).toEqual(['relaxed', 'relaxed'])
  })

  test('what is settled without an open record to fall back on is written strictly', async () => {
    const begun = watchTransactions()
    const version = await store.set('a', 'told from outside', { expected: null, open: false })
    await store.set('a', 'told again', { expected: version!, open: false })
    expect(begun.map(({ durability }) => durability)).toEqual(['strict', 'strict'])
  })

  test('all writes of one turn share one transaction, and each is answered by itself', async () => {
    await store.get('a')
    const begun = watchTransactions()
    const written = await Promise.all([
      store.set('a', 'first', NEW),
      store.set('a', 'second', NEW),
      store.set('b', 'third', { expected: null, open: false }),
      Promise.resolve().then(() => store.set('c', 'fourth', NEW)),
      store.delete('d', { expected: 'none' }),
    ])
    expect(written.map(Boolean)).toEqual([true, false, true, true, false])
    expect(begun).toHaveLength(1)
    expect((await store.get('a'))?.value).toBe('first')
  })

  test('writes that come while one is under way share the next transaction', async () => {
    await store.set('z', '0', NEW)
    const begun = watchTransactions()
    const first = store.set('a', '1', NEW)
    await vi.waitUntil(() => begun.length === 1, { interval: 0 })
    await Promise.all([first, store.set('b', '2', NEW), store.set('c', '3', NEW), store.set('d', '4', NEW)])
    expect(begun).toHaveLength(2)
  })
})

describe('a transaction that fails', () => {
  test('has written nothing: its writes are done one by one, and what cannot be done fails alone', async () => {
    const put = original(IDBObjectStore.prototype, 'put')
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      const request = put.apply(this, args)
      if ((args[0] as { value?: string }).value === 'too much') this.transaction.abort()
      return request
    })
    const told = await Promise.allSettled([
      store.set('a', 'fits', NEW),
      store.set('b', 'too much', NEW),
      store.set('c', 'fits', NEW),
    ])
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((told[1] as PromiseRejectedResult).reason).toMatchObject({ name: 'StoreError', kind: 'failed' })
    expect(
      [await store.get('a'), await store.get('b'), await store.get('c')].map(found => found?.value),
    ).toEqual(['fits', undefined, 'fits'])
  })
})

describe('the connection', () => {
  test('that the browser closed is opened once more, and the operation goes on', async () => {
    const version = await store.set('a', '1', NEW)
    connections[0]?.close()
    expect(await store.set('a', '2', { expected: version!, open: true })).toBeDefined()
    connections[1]?.close()
    expect((await store.get('a'))?.value).toBe('2')
    expect(connections).toHaveLength(3)
  })

  test('that is closed again at once fails the operation, not the next one', async () => {
    await store.set('a', '1', NEW)
    const transaction = original(IDBDatabase.prototype, 'transaction')
    const closed = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...args
    ) {
      this.close()
      return transaction.apply(this, args)
    })
    await expect(store.get('a')).rejects.toMatchObject({ name: 'StoreError', kind: 'failed' })
    closed.mockRestore()
    expect((await store.get('a'))?.value).toBe('1')
  })

  test('makes way for a tab that deletes the database, and a version does not come back', async () => {
    const before = await store.set('a', '1', NEW)
    const request = indexedDB.deleteDatabase(name)
    await new Promise(resolve => request.addEventListener('success', resolve))
    expect(await store.get('a')).toBeUndefined()
    const after = await store.set('a', '1', NEW)
    expect(after).not.toBe(before)
    expect(await store.set('a', '2', { expected: before!, open: true })).toBeUndefined()
  })

  test('to a database that was open is lost where IndexedDB has gone since: it holds records', async () => {
    await store.set('a', '1', NEW)
    const request = indexedDB.deleteDatabase(name)
    await new Promise(resolve => request.addEventListener('success', resolve))
    vi.stubGlobal('indexedDB', undefined)
    const read = await store.get('a').catch((error: unknown) => error)
    vi.unstubAllGlobals()
    expect(read).toMatchObject({ kind: 'failed', reason: 'lost' })
  })

  test('makes way for a newer version, which is left as it is from then on', async () => {
    await store.set('a', '1', NEW)
    const newer = await rawOpen(name, 2)
    await expect(store.get('a')).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'corrupt',
      message: `The IndexedDB store "${name}" was written by a newer version of stillonce: it was left as it is. Load the page again, or update stillonce.`,
    })
    expect([...newer.objectStoreNames]).toEqual(['records', 'sequence'])
  })

  test('waits for another tab for as long as busyTimeout says, then fails, and works when that tab is gone', async () => {
    const stubborn = await rawOpen(name, 1, db => {
      db.createObjectStore('records', { keyPath: 'key' }).createIndex('open', 'open')
    })
    const deleting = indexedDB.deleteDatabase(name)
    const impatient = indexedDBStore({ name, busyTimeout: 50 })
    await expect(impatient.get('a')).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'failed',
      message: expect.stringContaining('could not be opened within 50 ms'),
    })
    stubborn.close()
    await new Promise(resolve => deleting.addEventListener('success', resolve))
    expect(await impatient.get('a')).toBeUndefined()
    await impatient.close?.()
  })

  test('to another application’s database is refused, and nothing in it is changed', async () => {
    const foreign = await rawOpen(name, 1, db => db.createObjectStore('photos'))
    await expect(store.set('a', '1', NEW)).rejects.toMatchObject({ name: 'StoreError', kind: 'corrupt' })
    expect([...foreign.objectStoreNames]).toEqual(['photos'])
  })

  test('that the browser refuses fails the operation, and is tried again by the next', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementationOnce(() => {
      throw new DOMException('denied', 'SecurityError')
    })
    await expect(store.get('a')).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'failed',
      message: `The IndexedDB store "${name}" may not be used: the browser blocks the data of this site. Nothing was read or written.`,
    })
    expect(await store.get('a')).toBeUndefined()
  })

  test('is not opened before the first use', () => {
    expect(connections).toEqual([])
  })
})

describe('a handle that died', () => {
  /** From now on every transaction of the handles that are open fails so; the ones that are opened later work. */
  function kill(error: Error): void {
    const dead = new Set(connections)
    const transaction = original(IDBDatabase.prototype, 'transaction')
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      if (dead.has(this)) throw error
      return transaction.apply(this, args)
    })
  }

  test.each([
    ['UnknownError', 'Connection to Indexed Database server lost. Refresh the page to try again'],
    ['InvalidStateError', 'The database connection is closing.'],
    ['AbortError', 'The connection was closed.'],
    ['TimeoutError', 'The database process did not answer.'],
    ['SomethingNew', 'that no browser says today'],
  ])('with %s is dropped, and what was asked for is done with another', async (errorName, message) => {
    const version = await store.set('a', '1', NEW)
    kill(new DOMException(message, errorName))
    expect((await store.get('a'))?.value).toBe('1')
    vi.restoreAllMocks()
    connections[0]?.close()
    expect(await store.set('a', '2', { expected: version!, open: true })).toBeDefined()
  })

  test('is dropped for a write too, of one record and of several', async () => {
    await store.set('a', '1', NEW)
    kill(new DOMException('Connection to Indexed Database server lost.', 'UnknownError'))
    const written = await Promise.all([store.set('b', '1', NEW), store.set('c', '1', NEW)])
    expect(written.map(Boolean)).toEqual([true, true])
    expect(connections).toHaveLength(2)
  })

  test.each(['QuotaExceededError', 'DataError'])('%s is no sign of one', async errorName => {
    await store.set('a', '1', NEW)
    kill(new DOMException('refused', errorName))
    await expect(store.set('b', '1', NEW)).rejects.toMatchObject({ name: 'StoreError' })
    expect(connections).toHaveLength(1)
  })

  test('in the middle of a write, before its commit, changes nothing: it is done with another', async () => {
    await store.set('a', '1', NEW)
    const put = original(IDBObjectStore.prototype, 'put')
    let puts = 0
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      puts += 1
      if (puts === 2) throw new DOMException('Connection to Indexed Database server lost.', 'UnknownError')
      return put.apply(this, args)
    })
    const written = await Promise.all([store.set('b', '1', NEW), store.set('c', '1', NEW)])
    expect(written.map(Boolean)).toEqual([true, true])
    expect(connections).toHaveLength(2)
  })

  test('under a commit rejects all of its writes, since nobody knows of them, and the next ones work', async () => {
    await store.set('a', '1', NEW)
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementationOnce(function (this: IDBTransaction) {
      Object.defineProperty(this, 'error', { value: new DOMException('server lost', 'UnknownError') })
      this.dispatchEvent(new Event('error'))
    })
    const told = await Promise.allSettled([store.set('b', '1', NEW), store.set('c', '1', NEW)])
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await store.set('d', '1', NEW)).toBeDefined()
    expect(connections).toHaveLength(2)
  })
})

describe('a commit whose end is not told', () => {
  /** The handle says so of a commit that the browser does all the same. */
  function lie(error: DOMException | null): void {
    const commit = original(IDBTransaction.prototype, 'commit')
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementationOnce(function (this: IDBTransaction) {
      commit.call(this)
      Object.defineProperty(this, 'error', { value: error })
      this.dispatchEvent(new Event('abort'))
    })
  }

  test.each<[string, DOMException | null]>([
    ['no error, as where a transaction is undone', null],
    ['AbortError', new DOMException('The connection was closed.', 'AbortError')],
    ['InvalidStateError', new DOMException('The database connection is closing.', 'InvalidStateError')],
  ])(
    '%s: its writes may be stored, nobody says that they are not, and none is done again',
    async (_, error) => {
      await store.set('a', '1', NEW)
      lie(error)
      const told = await Promise.allSettled([store.set('b', '1', NEW), store.set('c', '1', NEW)])
      for (const one of told) {
        expect(one).toMatchObject({ status: 'rejected', reason: { name: 'StoreError', reason: 'lost' } })
        expect((one as PromiseRejectedResult).reason.message).toContain('may be stored, or may not')
      }
      expect((await store.get('b'))?.value).toBe('1')
    },
  )

  test('is no such one where a request was refused: Firefox says there, and only there, that there is no room', async () => {
    await store.set('a', '1', NEW)
    const put = original(IDBObjectStore.prototype, 'put')
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (
      this: IDBObjectStore,
      ...args
    ) {
      const request = put.apply(this, args)
      Object.defineProperty(request, 'error', { value: new DOMException('no room', 'QuotaExceededError') })
      queueMicrotask(() => {
        request.dispatchEvent(new Event('error'))
        this.transaction.dispatchEvent(new Event('error'))
      })
      return request
    })
    await expect(store.set('b', '1', NEW)).rejects.toMatchObject({ name: 'StoreError', reason: 'full' })
  })
})

describe('what fails is told to the caller, and is no unhandled error of the page', () => {
  function strayErrors(): unknown[] {
    const heard: unknown[] = []
    const hear = (event: PromiseRejectionEvent) => {
      event.preventDefault()
      heard.push(event.reason)
    }
    addEventListener('unhandledrejection', hear)
    onTestFinished(() => removeEventListener('unhandledrejection', hear))
    return heard
  }

  test('where a read is undone', async () => {
    await store.set('a', '1', NEW)
    const heard = strayErrors()
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementationOnce(function (this: IDBTransaction) {
      this.abort()
    })
    expect((await store.get('a'))?.value).toBe('1')
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(heard).toEqual([])
  })

  test('where a write dies while it reads', async () => {
    await store.set('a', '1', NEW)
    const heard = strayErrors()
    const get = original(IDBObjectStore.prototype, 'get')
    vi.spyOn(IDBObjectStore.prototype, 'get')
      .mockImplementationOnce(get)
      .mockImplementationOnce(() => {
        throw new DOMException('Connection to Indexed Database server lost.', 'UnknownError')
      })
    expect(await store.set('b', '1', NEW)).toBeDefined()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(heard).toEqual([])
  })
})

describe('a transaction that never ends', () => {
  /** The first write never hears that it was committed. */
  function hang(): void {
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementationOnce(function (this: IDBTransaction) {
      const records = this.objectStore('records')
      const again = () => {
        try {
          records.count().addEventListener('success', again)
        } catch {
          // It was aborted.
        }
      }
      again()
    })
  }

  test('fails its writes as `lost`, and the ones behind them are done', async () => {
    const impatient = indexedDBStore({ name, busyTimeout: 1_000 })
    onTestFinished(() => impatient.close?.())
    await impatient.set('a', '1', NEW)
    hang()
    const stuck = impatient.set('b', '1', NEW)
    const other = impatient.set('c', '1', NEW)
    await new Promise(resolve => setTimeout(resolve, 20))
    const behind = impatient.set('d', '1', NEW)
    await expect(stuck).rejects.toMatchObject({ name: 'StoreError', kind: 'failed', reason: 'lost' })
    await expect(other).rejects.toMatchObject({ kind: 'failed' })
    expect(await behind).toBeDefined()
    // It was undone, so the same write can be done now.
    expect(await impatient.set('b', '2', NEW)).toBeDefined()
  })
})

describe('fallback', () => {
  /** What opening the database does in a browser that blocks it. */
  const BLOCKS: Readonly<Record<string, () => unknown>> = {
    'cookies are blocked': () =>
      vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
        throw new DOMException('denied', 'SecurityError')
      }),
    'a private mode that has the API and no database': () =>
      vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
        throw new DOMException('A mutation operation was attempted', 'InvalidStateError')
      }),
    'IndexedDB is null': () => vi.stubGlobal('indexedDB', null),
    'there is no IndexedDB': () => vi.stubGlobal('indexedDB', undefined),
  }
  afterEach(() => vi.unstubAllGlobals())

  test.each(Object.keys(BLOCKS))(
    '%s: the records go there, and without one the store has failed',
    async block => {
      BLOCKS[block]?.()
      const other = memoryStore()
      const weak = indexedDBStore({ name, fallback: other })
      expect(weak.isWeak).toBe(true)
      expect(await weak.get('a')).toBeUndefined()
      const version = await weak.set('a', '1', NEW)
      expect((await other.get('a'))?.value).toBe('1')
      expect(await weak.set('a', '2', { expected: version!, open: false })).toBeDefined()
      expect(await weak.set('a', '3', { expected: version!, open: true })).toBeUndefined()
      await expect(store.get('a')).rejects.toMatchObject({
        kind: 'failed',
        reason: block === 'there is no IndexedDB' ? 'missing' : 'blocked',
      })
    },
  )

  test('keeps new records where there is no room, and never moves one', async () => {
    const other = memoryStore()
    const weak = indexedDBStore({ name, fallback: other })
    onTestFinished(() => weak.close?.())
    const version = await weak.set('a', '1', NEW)
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    await expect(weak.set('a', '2', { expected: version!, open: true })).rejects.toMatchObject({
      reason: 'full',
    })
    expect(await weak.set('b', '1', NEW)).toBeDefined()
    expect([await other.get('a'), (await other.get('b'))?.value]).toEqual([undefined, '1'])
    vi.restoreAllMocks()
    expect(await weak.set('b', '2', NEW)).toBeUndefined()
    const keys: string[] = []
    for await (const { key } of weak.listOpen('')) keys.push(key)
    expect(keys).toEqual(['a', 'b'])
  })

  test('is not used for a database that was open and fails: what it holds must not be done twice', async () => {
    const other = memoryStore()
    const weak = indexedDBStore({ name, fallback: other })
    await weak.set('a', '1', NEW)
    connections[0]?.close()
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError')
    })
    await expect(weak.set('a', '1', NEW)).rejects.toMatchObject({ kind: 'failed' })
    expect(await other.get('a')).toBeUndefined()
    vi.restoreAllMocks()
    await weak.close?.()
  })

  test.each([['UnknownError'], ['AbortError']])(
    'is not used where opening fails with %s',
    async errorName => {
      vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
        throw new DOMException('Internal error opening backing store', errorName)
      })
      const weak = indexedDBStore({ name, fallback: memoryStore() })
      await expect(weak.get('a')).rejects.toMatchObject({ kind: 'failed', reason: 'lost' })
    },
  )
})

test('what has expired is cleared away by later writes that nobody waits for', async () => {
  const clock = trialClock()
  const timed = indexedDBStore({ name, now: clock.now })
  for (let index = 0; index < 6; index += 1) {
    await timed.set(`${index}`, '', { expected: null, open: false, expiresAt: clock.now() + 1_000 })
  }
  await clock.advance(1_000)
  const db = await rawOpen(name, 1)
  const count = () =>
    new Promise(resolve => {
      const request = db.transaction('records').objectStore('records').count()
      request.addEventListener('success', () => resolve(request.result))
    })
  expect(await count()).toBe(6)
  for (let left = 4; left >= 0; left -= 2) {
    await timed.delete('none', { expected: 'none' })
    expect(await count()).toBe(left)
  }
  await timed.close?.()
})

test('listOpen reads what is open, however much is settled', async () => {
  await Promise.all(
    Array.from({ length: 2_000 }, (_, index) => store.set(`p/${index}`, '', { expected: null, open: false })),
  )
  await Promise.all(Array.from({ length: 3 }, (_, index) => store.set(`p/open ${index}`, '', NEW)))
  let read = 0
  const getAll = original(IDBIndex.prototype, 'getAll')
  vi.spyOn(IDBIndex.prototype, 'getAll').mockImplementation(function (this: IDBIndex, ...args) {
    const request = getAll.apply(this, args)
    request.addEventListener('success', () => (read += request.result.length))
    return request
  })
  const others = vi.spyOn(IDBObjectStore.prototype, 'getAll')
  const found = []
  for await (const { key } of store.listOpen('p/')) found.push(key)
  expect(found).toEqual(['p/open 0', 'p/open 1', 'p/open 2'])
  expect(read).toBe(3)
  expect(others).not.toHaveBeenCalled()
})

describe('watch', () => {
  test('tells of a write by another handle, and no more once it is ended', async () => {
    const other = indexedDBStore({ name })
    onTestFinished(() => other.close?.())
    const heard: string[] = []
    const once = new Promise<void>(resolve => {
      const end = store.watch?.('a', () => {
        heard.push('a')
        end?.()
        resolve()
      })
    })
    await other.set('b', '1', NEW)
    const version = await other.set('a', '1', NEW)
    await once
    const later = new Promise<void>(resolve => void store.watch?.('b', resolve))
    await other.set('a', '2', { expected: version!, open: true })
    await other.delete('b', { expected: (await other.get('b'))!.version })
    await later
    expect(heard).toEqual(['a'])
  })

  test('hints hold keys, and nothing of what is stored', async () => {
    const channel = new BroadcastChannel(`stillonce/indexed-db/${name}`)
    onTestFinished(() => channel.close())
    const heard = new Promise(resolve =>
      channel.addEventListener('message', ({ data }) => resolve(data), { once: true }),
    )
    await store.set('a', 'secret', NEW)
    expect(await heard).toEqual(['a'])
  })
})

test('the lock of one store is not that of another', async () => {
  const other = indexedDBStore({ name: `${name} other` })
  const both = await store.lock?.('a', async () => other.lock?.('a', async () => 'both', {}), {})
  expect(both).toBe('both')
  await other.close?.()
})

describe('options', () => {
  test.each([
    ['name', '', 'must be a text that is not empty'],
    ['busyTimeout', -1, 'must be milliseconds, from 0 to 2147483647'],
    ['now', 5, 'must be a function that gives epoch milliseconds'],
    ['codec', {}, 'must be an object with the functions encrypt and decrypt'],
    ['fallback', {}, 'must be a store: memoryStore(), for example'],
    ['nmae', 'x', 'must be left out: the options are name, codec, busyTimeout, fallback, now'],
  ])('%s: %j is a configuration error', (option, value, fault) => {
    expect(() => indexedDBStore({ [option]: value })).toThrow(
      expect.objectContaining({ code: 'configuration', message: `indexedDBStore.${option}: ${fault}` }),
    )
  })
})

describe('a page that the browser may keep', () => {
  const leave = (persisted: boolean) => dispatchEvent(new PageTransitionEvent('pagehide', { persisted }))
  const comeBack = () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
  let other: RecordStore
  let elsewhere: IDBDatabase

  beforeEach(async () => {
    other = indexedDBStore({ name: `${name} other` })
    await store.get('a')
    elsewhere = await rawOpen(name, 1)
    connections = connections.filter(connection => connection !== elsewhere)
    return async () => {
      comeBack()
      await other.close?.()
      indexedDB.deleteDatabase(`${name} other`)
    }
  })

  /** Each of the next transactions has begun to read when this is called. */
  function atReads(count: number, call: (request: IDBRequest) => void): void {
    const get = original(IDBObjectStore.prototype, 'get')
    const spy = vi.spyOn(IDBObjectStore.prototype, 'get')
    for (let nth = 0; nth < count; nth++) {
      spy.mockImplementationOnce(function (this: IDBObjectStore, ...args) {
        const request = get.apply(this, args)
        call(request)
        return request
      })
    }
  }

  /** Many looks at the database, as another page has them: none is held up, and what is not held back ends meanwhile. */
  async function looksElsewhere(): Promise<void> {
    for (let nth = 0; nth < 100; nth += 1) {
      const request = elsewhere.transaction('records').objectStore('records').count()
      await new Promise(resolve => request.addEventListener('success', resolve))
    }
  }

  async function hasEnded(work: Promise<unknown>): Promise<boolean> {
    return Promise.race([work.then(() => true), looksElsewhere().then(() => false)])
  }

  test('aborts the transaction of a write; the write is done once when the page is shown again', async () => {
    const begun = watchTransactions()
    const ends: string[] = []
    atReads(1, ({ transaction }) => {
      for (const type of ['abort', 'complete']) transaction!.addEventListener(type, () => ends.push(type))
      queueMicrotask(() => leave(true))
    })
    const written = store.set('a', '1', NEW)
    expect(await hasEnded(written)).toBe(false)
    expect(begun).toHaveLength(1)
    expect(ends).toEqual(['abort'])
    comeBack()
    const version = await written
    expect(await store.get('a')).toEqual({ value: '1', version })
    expect(begun).toHaveLength(2)
  })

  test('begins no transaction until it is shown again', async () => {
    leave(true)
    const begun = watchTransactions()
    const written = store.set('a', '1', NEW)
    const read = store.get('b')
    expect(await hasEnded(Promise.race([written, read]))).toBe(false)
    expect(begun).toEqual([])
    comeBack()
    expect(await written).toBeTypeOf('string')
    expect(await read).toBeUndefined()
  })

  test('reads again what it was reading', async () => {
    const version = await store.set('a', '1', NEW)
    const read = store.get('a')
    const list = async () => {
      const records = []
      for await (const record of store.listOpen('')) records.push(record)
      return records
    }
    const listed = list()
    leave(true)
    comeBack()
    expect(await read).toEqual({ value: '1', version })
    expect(await listed).toEqual([{ key: 'a', value: '1', version }])
  })

  test('that makes the database lets go of it, and makes it when it is shown again', async () => {
    const ends: string[] = []
    const create = original(IDBDatabase.prototype, 'createObjectStore')
    vi.spyOn(IDBDatabase.prototype, 'createObjectStore').mockImplementationOnce(function (
      this: IDBDatabase,
      ...args
    ) {
      const created = create.apply(this, args)
      created.transaction.addEventListener('abort', () => ends.push('abort'))
      queueMicrotask(() => leave(true))
      return created
    })
    const written = other.set('a', '1', NEW)
    expect(await hasEnded(written)).toBe(false)
    expect(ends).toEqual(['abort'])
    comeBack()
    expect(await written).toBeTypeOf('string')
  })

  test('goes on by itself a second after it was left, because it is not kept then', async () => {
    leave(true)
    const begunAt = performance.now()
    expect(await store.set('a', '1', NEW)).toBeTypeOf('string')
    expect(performance.now() - begunAt).toBeGreaterThan(900)
  })

  test('a page that is not kept goes on with its transactions', async () => {
    const begun = watchTransactions()
    atReads(1, () => queueMicrotask(() => leave(false)))
    const written = store.set('a', '1', NEW)
    expect(await written).toBeTypeOf('string')
    expect(begun).toHaveLength(1)
  })

  test('a commit that does not report its end fails a second after the page is shown again, as lost', async () => {
    const silent = original(IDBDatabase.prototype, 'transaction')
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(function (
      this: IDBDatabase,
      ...args
    ) {
      const transaction = silent.apply(this, args)
      transaction.addEventListener('complete', event => event.stopImmediatePropagation())
      return transaction
    })
    const commit = original(IDBTransaction.prototype, 'commit')
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementationOnce(function (this: IDBTransaction) {
      commit.call(this)
      leave(true)
      comeBack()
    })
    const begunAt = performance.now()
    await expect(store.set('a', '1', NEW)).rejects.toMatchObject({ kind: 'failed', reason: 'lost' })
    expect(performance.now() - begunAt).toBeLessThan(5_000)
    expect((await store.get('a'))?.value).toBe('1')
  })

  test('may be left again while the write is done once more', async () => {
    atReads(4, () =>
      queueMicrotask(() => {
        leave(true)
        comeBack()
      }),
    )
    const written = store.set('a', '1', NEW)
    const version = await written
    expect(await store.get('a')).toEqual({ value: '1', version })
  })

  test('writes again also where an abort is reported to nobody, as in Firefox', async () => {
    // One reads the sequence, and one the record.
    atReads(2, request => {
      for (const type of ['success', 'error'])
        request.addEventListener(type, event => event.stopImmediatePropagation())
      queueMicrotask(() => leave(true))
    })
    const written = store.set('a', '1', NEW)
    expect(await hasEnded(written)).toBe(false)
    comeBack()
    const version = await written
    expect(await store.get('a')).toEqual({ value: '1', version })
  })

  test('a read that waits for a page whose store is closed opens nothing', async () => {
    leave(true)
    const read = store.get('a')
    await store.close?.()
    await expect(read).rejects.toMatchObject({ kind: 'failed' })
    expect(connections).toHaveLength(1)
  })

  test('a store that is closed no longer listens', async () => {
    const added = vi.spyOn(globalThis, 'addEventListener')
    await other.set('a', '1', NEW)
    const listeners = added.mock.calls.filter(([type]) => type.startsWith('page'))
    expect(listeners.map(([type]) => type).toSorted()).toEqual(['pagehide', 'pageshow'])
    const removed = vi.spyOn(globalThis, 'removeEventListener')
    await other.close?.()
    for (const listener of listeners) expect(removed.mock.calls).toContainEqual(listener)
  })
})
