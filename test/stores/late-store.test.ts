import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { databasePart, lateStore } from '../../src/stores/indexed-db/late-store.ts'
import type { ListingStore } from '../../src/stores/codec.ts'
import { StoreError } from '../../src/stores/store-error.ts'

/* A store whose code has not come yet, or does not come. What it does with a database is tested in browsers. */

let done: string[]
let loading: ReturnType<typeof databasePart.load> | undefined
let come: (code: Awaited<typeof loading & {}>) => void
let fail: (error: Error) => void

function code() {
  const told = async (word: string): Promise<string> => {
    done.push(word)
    return word
  }
  return {
    databaseStore: () =>
      ({
        get: key => told(`get ${key}`).then(() => undefined),
        set: key => told(`set ${key}`),
        delete: key => told(`delete ${key}`).then(() => true),
        async *listOpen(prefix) {
          await told(`open ${prefix}`)
          yield { key: 'a', value: 'b', version: 'c' }
        },
        async *listSettled() {},
        watch: key => {
          done.push(`watch ${key}`)
          return () => done.push(`end ${key}`)
        },
        close: () => told('close').then(() => {}),
      }) satisfies ListingStore,
  }
}

beforeEach(() => {
  done = []
  loading = undefined
  vi.spyOn(databasePart, 'now', 'get').mockReturnValue(undefined)
  vi.spyOn(databasePart, 'load').mockImplementation(
    () =>
      (loading ??= new Promise((resolve, reject) => {
        come = resolve
        fail = error => {
          loading = undefined
          reject(error)
        }
      })),
  )
})

afterEach(() => {
  vi.restoreAllMocks()
})

const OPENS = { expected: null, open: true }
const made = () =>
  lateStore({ name: 'shop', busyTimeoutMs: 1_000, now: Date.now, codec: undefined, fallback: undefined })

test('what is asked for waits for the code, and is done in that order; then it closes', async () => {
  const store = made()
  const calls = [store.set('a', '1', OPENS), store.get('b'), Promise.resolve(store.close?.())]
  expect(done).toEqual([])

  come(code())
  await Promise.all(calls)
  expect(done).toEqual(['set a', 'get b', 'close'])
})

test('code that does not come is a store that failed, with nothing written; the next use tries again', async () => {
  const store = made()
  const call = store.set('a', '1', OPENS)
  fail(new Error('the page is offline'))
  const error = await call.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(StoreError)
  // No reason: a fallback is for what the browser blocks, and this page may have records.
  expect(error).toMatchObject({ kind: 'failed', reason: undefined, cause: expect.any(Error) })

  const next = store.set('a', '1', OPENS)
  come(code())
  expect(await next).toBe('set a')
})

test('a list waits too', async () => {
  const store = made()
  const next = store.listOpen('p')[Symbol.asyncIterator]().next()
  come(code())
  expect(await next).toEqual({ done: false, value: { key: 'a', value: 'b', version: 'c' } })
  expect(done).toEqual(['open p'])
})

test('who watches is heard from then on, and one that has ended by then never', async () => {
  const store = made()
  const end = store.watch?.('a', () => {})
  store.watch?.('b', () => {})?.()
  come(code())
  await store.get('c')
  expect(done).toEqual(['watch a', 'get c'])
  end?.()
  expect(done).toEqual(['watch a', 'get c', 'end a'])
})

test('closed before its code could be loaded, it is closed when the code comes', async () => {
  const store = made()
  const closing = store.close?.()
  fail(new Error('the page is offline'))
  await closing

  const call = store.get('a')
  come(code())
  await call
  expect(done).toEqual(['close', 'get a'])
})
