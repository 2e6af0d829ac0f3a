import { expect, test, vi } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { fetchTransport } from '../../src/transports/fetch.ts'

/* A memory store keeps records as values; whoever reads it, wraps it or replaces its methods sees texts. */

const PLACE = 'so1/user-1/place-order/%5C%22a%5C%22'

function clientOn(store: RecordStore, text = '{"order":1}') {
  const transport = fetchTransport({
    baseUrl: 'https://shop.test/',
    fetch: () =>
      Promise.resolve(
        new Response(text, {
          status: 201,
          headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
        }),
      ),
  })
  const client = createClient({ store, scope: 'user-1', profile: ietf, transport })
  return client.operation<unknown>({
    name: 'place-order',
    id: input => input,
    request: () => ({ method: 'post', url: 'orders', json: { sku: 'kettle' } }),
  })
}

test('what is read has the text that another store would have been given', async () => {
  const plain = memoryStore()
  const seen: string[] = []
  const wrapped = memoryStore()
  const watched: RecordStore = {
    ...wrapped,
    set: (key, value, options) => {
      seen.push(value)
      return wrapped.set(key, value, options)
    },
  }
  await clientOn(plain).run('a')
  await clientOn(watched).run('a')

  expect(seen).toHaveLength(2)
  const text = (await plain.get(PLACE))?.value ?? ''
  expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(JSON.parse(seen[1] ?? '') as object))
  expect(JSON.parse(text)).toMatchObject({ state: 'succeeded', result: { text: '{"order":1}' } })
  const listed = []
  for await (const record of plain.listSettled?.('so1/') ?? []) listed.push(record.value)
  expect(listed).toEqual([text])
})

test('a store whose `set` was replaced gets every write, as a text', async () => {
  const store = memoryStore()
  const set = vi.spyOn(store, 'set')
  await clientOn(store).run('a')

  expect(set.mock.calls.map(([, value]) => typeof value)).toEqual(['string', 'string'])
})

test('an id that is an object is stored as it was when it was written', async () => {
  const store = memoryStore()
  const operation = clientOn(store)
  const run = operation.start({ cart: 1 })
  await run.result
  expect(() => Object.assign(run.id as object, { cart: 2 })).toThrow(TypeError)

  expect(await operation.inspect({ cart: 1 })).toMatchObject({ state: 'succeeded', id: { cart: 1 } })
})

test('another client on the same store reads what the first one wrote', async () => {
  const store = memoryStore()
  await clientOn(store).run('a')

  expect(await clientOn(store, '{"order":2}').run('a')).toEqual({ order: 1 })
})
