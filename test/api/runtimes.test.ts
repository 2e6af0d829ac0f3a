import { afterEach, expect, test, vi } from 'vitest'
import { createClient, ietf, memoryStore } from '../../src/entries/index.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const make = () =>
  createClient({
    http: { baseUrl: 'https://api.example/' },
    store: memoryStore(),
    scope: 'anna',
    profile: ietf,
  })

test.each([
  ['without WebCrypto', {}],
  ['with random values alone', { getRandomValues: () => {} }],
  ['without any crypto', undefined],
])('an app of React Native %s is told so when its client is made', (_, crypto) => {
  vi.stubGlobal('process', { env: {} })
  vi.stubGlobal('crypto', crypto)
  expect(make).toThrow(expect.objectContaining({ code: 'configuration', outcome: 'not-executed' }))
  expect(make).toThrow('needs crypto.subtle')
})

test('nothing random is made, and no clock is read for it, before the first run: workers have neither at module scope', () => {
  const refuse = () => {
    throw new Error('Disallowed operation called within global scope')
  }
  vi.stubGlobal('crypto', { getRandomValues: refuse, randomUUID: refuse, subtle: crypto.subtle })
  vi.stubGlobal('fetch', refuse)
  vi.stubGlobal('setTimeout', refuse)
  const client = make()
  client.operation({ name: 'pay', id: (id: string) => id, request: () => ({ method: 'post', url: 'pay' }) })
  expect(client.withScope('bert')).toBeDefined()
})
