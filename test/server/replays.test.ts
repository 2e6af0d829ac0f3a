import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { LEFT_OUT } from '../../src/server/answer/kept-headers.ts'
import { resolveOptions } from '../../src/server/options.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { atKey, post, told, trialServer } from './trial-server.ts'

/** The headers of the first answer and of its replay. */
async function twice(headers: Readonly<Record<string, string>>, body: BodyInit | null = 'done') {
  const once = trialServer().process()
  const handler = () => new Response(body, { status: 201, headers })
  const first = await once.handle(post('k1'), handler)
  const again = await once.handle(post('k1'), () => new Response('other'))
  return { first, again }
}

/** What becomes of a header in the first answer, where it does not stay what it was. */
const IN_FIRST = new Map<string, string | null>([
  ['idempotency-key', 'k1'],
  ['connection', null],
  ['content-length', null],
  ['keep-alive', null],
  ['proxy-authenticate', null],
  ['proxy-connection', null],
  ['te', null],
  ['trailer', null],
  ['transfer-encoding', null],
  ['upgrade', null],
])

describe('a replay', () => {
  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('of a body in %s is the same bytes with the same encoding', async (encoding, compress) => {
    const bytes = new Uint8Array(compress('{"charge":1}'))
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
    const { first, again } = await twice(headers, bytes)
    expect(new Uint8Array(await first.arrayBuffer())).toEqual(bytes)
    expect(new Uint8Array(await again.arrayBuffer())).toEqual(bytes)
    expect(again.headers.get('content-encoding')).toBe(encoding)
  })

  test.each([
    ['content-type', 'application/pdf'],
    ['content-language', 'de'],
    ['content-disposition', 'attachment; filename="slip.pdf"'],
    ['content-location', '/orders/7'],
    ['content-digest', 'sha-256=:abc=:'],
    ['content-security-policy', "default-src 'none'"],
    ['x-content-type-options', 'nosniff'],
    ['access-control-allow-origin', 'https://shop.example'],
    ['access-control-allow-credentials', 'true'],
    ['access-control-expose-headers', 'X-Order'],
    ['etag', '"7"'],
    ['last-modified', 'Thu, 01 Jan 2026 00:00:00 GMT'],
    ['link', '</orders/7>; rel=self'],
    ['location', '/orders/7'],
    ['operation-location', '/jobs/7'],
    ['retry-after', '3'],
    ['preference-applied', 'return=minimal'],
    ['x-order', '7'],
    ['x-key', '7'],
    ['x-order-key', '7'],
    ['x-author', 'anna'],
    ['x-cached', '7'],
    ['x-accel-redirect', '/files/7.pdf'],
    ['www-authenticate', 'Bearer'],
  ])('has the header %s', async (name, value) => {
    const { again } = await twice({ [name]: value })
    expect(again.headers.get(name)).toBe(value)
  })

  test.each([
    ...LEFT_OUT.once,
    ...LEFT_OUT.transmission,
    ...LEFT_OUT.request,
    ...LEFT_OUT.caching,
    'x-csrf-token',
    'csrftoken',
    'x-api-key',
    'api-key',
    'x-apikey',
    'ocp-apim-subscription-key',
    'accesstoken',
    'x-accesstoken',
    'x-refresh-token',
    'x-sessionid',
    'cf-cache-status',
    'akamai-cache-status',
    'edge-cache-tag',
    'surrogate-capability',
    'x-cache-hits',
    'x-vercel-cache',
    'x-auth-token',
    'x-session-id',
    'x-ratelimit-remaining',
    'netlify-cdn-cache-control',
  ])('has no header %s of the first answer', async name => {
    const { first, again } = await twice({ [name]: 'x' })
    // The key's own name is replaced in the first answer too, and what is of a connection, or no length, is not in it.
    expect(first.headers.get(name)).toBe(IN_FIRST.has(name) ? IN_FIRST.get(name) : 'x')
    expect(again.headers.get(name)).not.toBe('x')
  })

  test('says that nobody may keep it, whatever the first answer said', async () => {
    const { first, again } = await twice({
      'cache-control': 'public, max-age=600',
      expires: 'Fri, 02 Jan 2026 00:00:00 GMT',
      vary: 'origin',
    })
    expect(first.headers.get('cache-control')).toBe('public, max-age=600')
    expect(again.headers.get('cache-control')).toBe('no-store')
    expect([again.headers.has('expires'), again.headers.has('vary')]).toEqual([false, false])
  })

  test('of the headers that are named has those, and what its body needs', async () => {
    const once = trialServer().process({ replayHeaders: ['X-Order'] })
    const headers = { 'x-order': '7', 'x-other': '8', etag: '"7"', 'content-encoding': 'gzip' }
    await once.handle(post('k1'), () => new Response(new Uint8Array(gzipSync('done')), { headers }))
    const again = await once.handle(post('k1'), () => new Response('other'))
    expect(['x-order', 'x-other', 'etag', 'content-encoding'].map(name => again.headers.get(name))).toEqual([
      '7',
      null,
      null,
      'gzip',
    ])
  })

  test.each(['Cache-Control', 'vary', 'Transfer-Encoding', 'Content-Length', 'Set-Cookie', 'Authorization'])(
    'can not be told to have %s',
    name => {
      const options = { store: memoryStore({ maxSettled: Infinity }), scope: 'shop', replayHeaders: [name] }
      expect(() => resolveOptions(options)).toThrow('replayHeaders[0]: must not')
    },
  )

  test.each([204, 205, 304])('of a %d has no body', async status => {
    const once = trialServer().process()
    const handler = () => new Response(null, { status, headers: { etag: '"7"' } })
    await once.handle(post('k1'), handler)
    const again = await once.handle(post('k1'), handler)
    expect([again.status, again.body, again.headers.get('etag')]).toEqual([status, null, '"7"'])
  })

  test('of an answer without its body has nothing that tells of the body', async () => {
    const once = trialServer().process({ maxAnswerBytes: 1 })
    const headers = { 'content-type': 'text/plain', 'content-encoding': 'identity', 'x-order': '7' }
    await once.handle(post('k1'), () => new Response('done', { headers }))
    const again = await once.handle(post('k1'), () => new Response('other'))
    expect(await again.text()).toBe('')
    expect(['content-type', 'content-encoding', 'x-order'].map(name => again.headers.get(name))).toEqual([
      null,
      null,
      '7',
    ])
  })
})

test('the status of a key repeats no compressed text as a result', async () => {
  const once = trialServer().process()
  const handler = (encoding: string) => () =>
    new Response('plain by chance', { headers: { 'content-encoding': encoding } })
  await once.handle(post('k1'), handler('x-own'))
  await once.handle(post('k2'), handler('identity'))
  expect((await told(once.status(atKey('k1')))).body).toEqual({ status: 'succeeded' })
  expect((await told(once.status(atKey('k2')))).body).toEqual({
    status: 'succeeded',
    result: 'plain by chance',
  })
})

test('a codec of the store seals answers, and they are given again', async () => {
  const values: string[] = []
  const codec = {
    encrypt: async (text: string) => {
      const sealed = btoa(encodeURIComponent(text)).split('').toReversed().join('')
      values.push(sealed)
      return sealed
    },
    decrypt: (sealed: string) => decodeURIComponent(atob(sealed.split('').toReversed().join(''))),
  }
  const store = memoryStore({ maxSettled: Infinity, codec })
  const once = createIdempotency({ store, scope: 'anna' })
  const handler = () => Response.json({ card: '4242' }, { status: 201 })
  const [first, again] = [
    await told(once.handle(post('k1'), handler)),
    await told(once.handle(post('k1'), handler)),
  ]
  expect(first).toMatchObject({ body: { card: '4242' }, replayed: false })
  expect(again).toMatchObject({ body: { card: '4242' }, replayed: true })
  expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({
    body: { status: 'succeeded', result: { card: '4242' } },
  })
  expect(await once.run('job-1', { scope: 'anna', payload: null }, () => '4242')).toMatchObject({
    value: '4242',
  })
  expect(values.length).toBeGreaterThan(2)
  expect(values.join('\n')).not.toContain('4242')
  expect((await store.get('ss1/anna/k1'))?.value).toContain('4242')
})
