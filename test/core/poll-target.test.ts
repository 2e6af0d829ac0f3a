import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allowedTarget,
  foreignOrigin,
  isOwnMonitor,
  namesProgress,
  pollTarget,
  resourceTarget,
} from '../../src/core/answers/poll-target.ts'

const OWN = 'https://shop.test/v1/orders?draft=1'
const trusted = ['https://status.shop.test']

describe('a place to ask is allowed', () => {
  test.each([
    ['a path', '/operations/1', 'https://shop.test/operations/1', true],
    ['a path beside the own', 'operations/1', 'https://shop.test/v1/operations/1', true],
    ['a path above the own', '../operations/1', 'https://shop.test/operations/1', true],
    ['a query', '?id=1', 'https://shop.test/v1/orders?id=1', true],
    [
      'an absolute URL of the own origin',
      'https://shop.test/operations/1?sig=x',
      'https://shop.test/operations/1?sig=x',
      true,
    ],
    [
      'the own origin, written otherwise',
      'HTTPS://SHOP.test:443/operations/1',
      'https://shop.test/operations/1',
      true,
    ],
    ['without a scheme', '//shop.test/operations/1', 'https://shop.test/operations/1', true],
    [
      'a trusted origin, without credentials',
      'https://status.shop.test/1',
      'https://status.shop.test/1',
      false,
    ],
  ])('%s', (_, reference, url, credentials) => {
    expect(allowedTarget(reference, OWN, trusted)).toStrictEqual({ url, credentials })
  })
})

test('an operation of plain http has its own origin too', () => {
  const place = { url: 'http://localhost:3000/operations/1', credentials: true }
  expect(allowedTarget('/operations/1', 'http://localhost:3000/orders', trusted)).toStrictEqual(place)
})

describe('a place to ask is refused', () => {
  test.each([
    ['another origin', 'https://evil.test/operations/1'],
    ['another origin without a scheme', '//evil.test/operations/1'],
    ['another origin by backslashes', '\\\\evil.test/operations/1'],
    ['another origin by a slash and a backslash', '/\\evil.test/operations/1'],
    ['another origin with a tab in it', '/\t/evil.test'],
    ['another origin after spaces', '  https://evil.test/'],
    ['another scheme of the own host', 'http://shop.test/operations/1'],
    ['another port of the own host', 'https://shop.test:8443/operations/1'],
    ['a host under the own', 'https://evil.shop.test/'],
    ['a host that begins as the own', 'https://shop.test.evil.test/'],
    ['a host under the trusted', 'https://evil.status.shop.test/'],
    ['the trusted host by another scheme', 'http://status.shop.test/1'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/plain,x'],
    ['a file', 'file:///etc/passwd'],
    ['a blob of the own origin', 'blob:https://shop.test/1'],
    ['a web socket', 'wss://shop.test/1'],
    ['another scheme that begins as http', 'httpsx://shop.test/1'],
    ['another scheme that ends as http', 'xhttp://shop.test/1'],
    ['a user', 'https://user@shop.test/1'],
    ['a password', 'https://:secret@shop.test/1'],
    ['a user that looks like the own host', 'https://shop.test@evil.test/1'],
    ['no URL', 'https://'],
  ])('%s', (_, reference) => {
    expect(allowedTarget(reference, OWN, trusted)).toBeUndefined()
  })

  test('where the operation itself is not of http: such origins are all alike', () => {
    expect(allowedTarget('file:///etc/passwd', 'file:///orders', trusted)).toBeUndefined()
    expect(allowedTarget('xhttps://b.test/', 'xhttps://a.test/', trusted)).toBeUndefined()
    expect(allowedTarget('httpsx://b.test/', 'httpsx://a.test/', trusted)).toBeUndefined()
  })

  test('where the operation itself has no URL', () => {
    expect(allowedTarget('https://shop.test/1', 'orders', trusted)).toBeUndefined()
  })

  test('unless it is on the own or a trusted origin, whatever it is', () => {
    const parts = fc.constantFrom(
      'https:',
      'http:',
      '/',
      '\\',
      '//',
      '@',
      'shop.test',
      'evil.test',
      'status.',
      ':443',
      '.',
      '?',
      '#',
      ' ',
      '\t',
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), texts => {
        const target = allowedTarget(texts.join(''), OWN, trusted)
        if (target === undefined) return true
        const origin = target.credentials ? 'https://shop.test' : 'https://status.shop.test'
        return target.url.startsWith(`${origin}/`)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('where an answer says to ask', () => {
  const one = 'https://shop.test/1'
  test.each<[string, Record<string, string>, string | undefined]>([
    ['nowhere', {}, undefined],
    ['by Operation-Location', { 'operation-location': '/1' }, one],
    ['by Azure-AsyncOperation', { 'azure-asyncoperation': '/1' }, one],
    ['by Location', { location: '/1' }, one],
    [
      'by Operation-Location before the others',
      { location: '/3', 'azure-asyncoperation': '/2', 'operation-location': '/1' },
      one,
    ],
    ['by Azure-AsyncOperation before Location', { location: '/2', 'azure-asyncoperation': '/1' }, one],
    [
      'by the next one where the first leads elsewhere',
      { 'operation-location': '//evil.test/1', location: '/1' },
      one,
    ],
    [
      'nowhere where all lead elsewhere',
      { 'operation-location': '//evil.test/1', location: '\\\\evil.test' },
      undefined,
    ],
    ['nowhere by an empty header: it would mean the operation itself', { location: '' }, undefined],
    ['nowhere by a blank header', { location: ' \t' }, undefined],
    [
      'nowhere by a Location that is the own URL: what is there was there before',
      { location: OWN },
      undefined,
    ],
    ['nowhere by the own URL in another form', { location: 'ORDERS/../orders?draft=1#done' }, undefined],
    ['nowhere by what follows a # alone', { location: '#done' }, undefined],
    ['by the own URL with another query', { location: '?id=1' }, 'https://shop.test/v1/orders?id=1'],
    [
      'at a monitor at the own URL, which answers in words',
      { 'operation-location': '/v1/orders?draft=1', location: '/1' },
      OWN,
    ],
    ['by the next one where the first is empty', { 'operation-location': '', location: '/1' }, one],
  ])('%s', (_, headers, url) => {
    expect(pollTarget(headers, OWN, trusted)?.url).toBe(url)
  })

  test('a monitor is told from a Location, and what is beside it is kept apart', () => {
    const headers = { 'operation-location': '/1', location: '/orders/9' }
    expect(pollTarget(headers, OWN, trusted)).toStrictEqual({ url: one, credentials: true, isMonitor: true })
    expect(pollTarget({ 'azure-asyncoperation': '/1' }, OWN, trusted)?.isMonitor).toBe(true)
    expect(pollTarget({ location: '/1' }, OWN, trusted)?.isMonitor).toBe(false)
    expect(resourceTarget(headers, OWN, trusted)?.url).toBe('https://shop.test/orders/9')
    expect(resourceTarget({ location: '//evil.test/' }, OWN, trusted)).toBeUndefined()
    expect(resourceTarget({ 'operation-location': '/1' }, OWN, trusted)).toBeUndefined()
  })

  test('on a trusted origin nobody shows credentials', () => {
    const headers = { location: 'https://status.shop.test/1' }
    expect(pollTarget(headers, OWN, trusted)).toStrictEqual({
      url: 'https://status.shop.test/1',
      credentials: false,
      isMonitor: false,
    })
    expect(pollTarget(headers, OWN, [])).toBeUndefined()
  })
})

test.each([
  [199, false],
  [200, true],
  [202, true],
  [299, true],
  [302, false],
  [404, false],
])('an answer with %s says where progress shows: %s', (status, names) => {
  expect(namesProgress(status)).toBe(names)
})

test.each([
  [201, 'PUT', true, true],
  [200, 'PATCH', true, true],
  [202, 'PUT', true, false],
  [201, 'POST', true, false],
  [201, 'PUT', undefined, false],
])(
  'after a %s to a %s, of a profile that fetches results (%s), its own URL is asked: %s',
  (status, method, fetchesResult, is) => {
    expect(isOwnMonitor({ status, method, fetchesResult })).toBe(is)
  },
)

describe('the origin at which an answer says to ask, and which is not asked', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, string | undefined]>([
    ['another one', { location: 'https://jobs.test/1?sig=secret' }, 'https://jobs.test'],
    ['another one with a port', { location: 'https://jobs.test:8443/1' }, 'https://jobs.test:8443'],
    ['another one without a scheme', { location: '//jobs.test/1' }, 'https://jobs.test'],
    [
      'another one, whose address holds a password',
      { location: 'https://me:pw@jobs.test/1' },
      'https://jobs.test',
    ],
    ['the own host by another scheme', { location: 'http://shop.test/1' }, 'http://shop.test'],
    ['a monitor at another one', { 'operation-location': 'https://jobs.test/1' }, 'https://jobs.test'],
    [
      'a monitor at another one, beside an own resource',
      { 'azure-asyncoperation': 'https://jobs.test/1', location: '/orders/9' },
      'https://jobs.test',
    ],
    ['the own one', { location: 'https://shop.test/1' }, undefined],
    ['a path', { location: '/operations/1' }, undefined],
    ['a trusted one', { location: 'https://status.shop.test/1' }, undefined],
    ['no address', { location: 'https://' }, undefined],
    ['no web address', { location: 'javascript:alert(1)' }, undefined],
    ['nothing', {}, undefined],
  ])('%s', (_, headers, origin) => {
    expect(foreignOrigin(headers, OWN, trusted)).toBe(origin)
  })
})
