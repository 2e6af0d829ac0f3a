import { expect, test, vi } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { memoryStore, stillonce } from '../../src/entries/index.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { agingStore } from '../../src/testing/aging-store.ts'
import type { CrashPoint } from '../../src/testing/crash-at.ts'
import { crashAt } from '../../src/testing/crash-at.ts'
import { fakeServer } from '../../src/testing/fake-server.ts'

const shop = (store: RecordStore, send: typeof fetch) =>
  createClient({
    transport: fetchTransport({ baseUrl: 'https://fake.example/', fetch: send }),
    store,
    scope: 'anna',
    profile: stillonce,
    timeout: 100,
    retry: { backoff: { base: 1, cap: 1 } },
  }).operation({
    name: 'place',
    id: String,
    request: id => ({ method: 'post', url: 'orders', json: { id } }),
  })

test.each<
  [CrashPoint, { readonly effects: number; readonly state: string | undefined; readonly replayed: boolean }]
>([
  ['before-write', { effects: 0, state: undefined, replayed: false }],
  ['before-send', { effects: 0, state: 'pending', replayed: false }],
  ['after-send', { effects: 1, state: 'pending', replayed: true }],
  ['before-result', { effects: 1, state: 'pending', replayed: true }],
  ['after-result', { effects: 1, state: 'succeeded', replayed: true }],
])('a process that dies %s left so much, and the next one makes it one', async (point, left) => {
  const { store, age } = agingStore(memoryStore({ maxSettled: Infinity }))
  const fake = fakeServer()
  const crash = crashAt(point)
  let told = false
  const end = shop(crash.store(store), crash.fetch(fake.fetch)).start('cart-1')
  void end.settled.then(() => (told = true))
  await crash.happened
  expect(told).toBe(false)
  expect(fake.effects).toHaveLength(left.effects)

  const next = shop(store, fake.fetch)
  expect((await next.inspect('cart-1'))?.state).toBe(left.state)
  await age(60_000)
  expect(await next.start('cart-1').settled).toMatchObject({
    outcome: 'executed',
    data: { id: 1 },
    replayed: left.replayed,
  })
  expect(fake.effects).toHaveLength(1)
})

test('the dead writes nothing, reads nothing and sends nothing', async () => {
  const store = memoryStore()
  const send = vi.fn<typeof fetch>(async () => Response.json({}))
  const crash = crashAt('before-send')
  const [deadStore, deadFetch] = [crash.store(store), crash.fetch(send)]
  await deadStore.set('k', '1', { expected: null, open: true })
  const answers: unknown[] = []
  void deadFetch('https://fake.example').then(answers.push)
  await crash.happened
  void deadFetch('https://fake.example').then(answers.push)
  void deadStore.set('other', '1', { expected: null, open: true }).then(answers.push)
  void deadStore.get('k').then(answers.push)
  void deadStore.listOpen('')[Symbol.asyncIterator]().next().then(answers.push)
  await store.get('k')
  expect(await store.get('other')).toBeUndefined()
  expect(send).not.toHaveBeenCalled()
  expect(answers).toEqual([])
})

test('in a process of its own it ends that', async () => {
  const die = vi.fn<() => void>()
  const crash = crashAt('before-write', { die })
  void crash.store(memoryStore()).set('k', '1', { expected: null, open: true })
  await crash.happened
  expect(die).toHaveBeenCalledOnce()
})
