import { expect, test } from 'vitest'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { bench, cart } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, reset } from './bench/scripted-server.ts'

const words = defineProfile({ name: 'words', honoursKeys: false, retention: 1e12, status: {} })
const named = defineProfile({ ...words, name: 'named', header: 'Idempotency-Key', namesKey: true })

const page = answer(200, '<html><p>Welcome</p></html>', { 'content-type': 'text/html' })

/** The order's answer is lost; then these answers to asks, and "not found" for good. */
async function afterwards(replies: readonly Reply[], more: object = {}, profile = words) {
  const { placeOrder, server, clock } = bench({
    profile,
    retry: { attempts: 1 },
    deadline: 5_000,
    poll: { interval: { min: 200, max: 400 } },
  })
  server.script(reset, ...replies)
  server.always(answer(404, { code: 'not_found' }, profile === named ? { 'idempotency-key': 'key-1' } : {}))
  const status = { request: () => ({ url: 'status/9' }), absentAfter: 0, ...more }
  const { outcome } = await clock.until(placeOrder({ status, response: undefined }).start(cart).settled)
  return outcome
}

const readers = {
  'the usual words': {},
  'a `read` that throws at what it does not know': {
    read({ status, body }: { readonly status: number; readonly body: unknown }) {
      if (status === 404) return { absent: true } as const
      throw new Error(`what is ${String(body)}?`)
    },
  },
}

test.each<[string, Reply]>([
  ['a resource without a word', answer(200, { id: 1, amount: 5 })],
  ['a list', answer(200, [{ id: 1 }])],
  ['a word in another place', answer(200, { data: { status: 'capturing' } })],
  ['a contradiction', answer(200, { status: 'completed', state: 'failed' })],
  ['an answer that was cut', answer(200, { status: 'processing' }, { 'content-length': '900' })],
  ['a 409', answer(409, {})],
  ['a 423', answer(423, {})],
])('"not found" after %s is a replica’s that lags behind: no proof', async (_, shown) => {
  for (const reader of Object.values(readers)) expect(await afterwards([shown], reader)).toBe('unknown')
})

test.each<[string, Reply]>([
  ['a page', page],
  ['a text', answer(200, 'upstream connect error')],
  ['an empty object', answer(200, {})],
  ['an empty list', answer(200, [])],
  ['a word that asking failed', answer(200, { success: false, message: 'unavailable' })],
  ['a 503', answer(503)],
  ['the answer of another place', answer(302, undefined, { location: 'https://login.test/' })],
])('"not found" after %s is the server’s own word still', async (_, foreign) => {
  for (const reader of Object.values(readers))
    expect(await afterwards([foreign], reader)).toBe('not-executed')
})

test('"not found" after a 410 is none: it was there', async () => {
  expect(await afterwards([answer(410, {})])).toBe('unknown')
  const read = () => ({ absent: true }) as const
  expect(await afterwards([answer(410, {})], { read })).toBe('not-executed')
})

test('what is shown under another key’s name, or none, is not this operation', async () => {
  const shown = { id: 1, amount: 5 }
  const other = answer(200, shown, { 'idempotency-key': 'key-9' })
  expect(await afterwards([other, answer(200, shown)], {}, named)).toBe('not-executed')
  expect(await afterwards([answer(200, shown, { 'idempotency-key': 'key-1' })], {}, named)).toBe('unknown')
})

test('what a cache kept from before the operation shows nothing of it', async () => {
  expect(await afterwards([answer(200, { id: 1 }, { age: '900' })])).toBe('not-executed')
  expect(await afterwards([answer(200, { status: 'failed' }, { 'x-cache': 'HIT' })])).toBe('unknown')
})
