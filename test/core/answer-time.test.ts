import { expect, test } from 'vitest'
import { answerTime } from '../../src/core/answers/answer-time.ts'
import { namedKey } from '../../src/core/answers/named-key.ts'

test.each<[string, string | undefined, { madeMs: number; leastAgeMs: number }]>([
  ['none', undefined, { madeMs: 50_000, leastAgeMs: 0 }],
  ['of the moment: it may be a second old', '0', { madeMs: 49_000, leastAgeMs: 0 }],
  ['of seven seconds', '7', { madeMs: 42_000, leastAgeMs: 7_000 }],
  ['of several caches', '3, 20', { madeMs: 29_000, leastAgeMs: 20_000 }],
  ['with spaces', ' 7 ', { madeMs: 42_000, leastAgeMs: 7_000 }],
  ['that is no number', 'old', { madeMs: -Infinity, leastAgeMs: Infinity }],
  ['that is negative', '-1', { madeMs: -Infinity, leastAgeMs: Infinity }],
  ['that is a fraction', '1.5', { madeMs: -Infinity, leastAgeMs: Infinity }],
  ['that is empty', '', { madeMs: -Infinity, leastAgeMs: Infinity }],
])('an Age %s', (_, age, time) => {
  expect(answerTime(age === undefined ? {} : { age }, 50_000)).toStrictEqual(time)
})

test.each([
  ['x-cache', 'HIT'],
  ['x-cache', 'HIT from proxy.test'],
  ['x-cache', 'Hit from cloudfront'],
  ['x-cache', 'RefreshHit from cloudfront'],
  ['x-cache', 'TCP_HIT from a23-1-2-3.test (AkamaiGHost/11.7.3)'],
  ['x-cache', 'TCP_REFRESH_HIT from a.test'],
  ['x-cache', 'MISS, HIT'],
  ['x-cache-status', 'STALE'],
  ['x-cache-status', 'UPDATING'],
  ['x-proxy-cache', 'HIT'],
  ['cf-cache-status', 'HIT'],
  ['cf-cache-status', 'STALE'],
  ['cf-cache-status', 'REVALIDATED'],
  ['x-cache-status', 'CACHED'],
  ['x-cache-hits', '3'],
  ['x-cache-hits', '0, 1'],
  ['x-varnish', '12 34'],
  ['x-rack-cache', 'fresh'],
  ['x-rack-cache', 'stale, valid, store'],
  ['x-from-cache', '1'],
  ['x-hits', '2'],
  ['x-nc', 'HIT lb 1'],
  ['server-timing', 'cdn-cache; desc=HIT'],
  ['server-timing', 'edge; dur=1, cache;desc="hit";dur=0.1'],
  ['x-vercel-cache', 'STALE'],
  ['cache-status', 'ExampleCache; hit; ttl=376'],
  ['cache-status', '"Squid";hit, "CDN";fwd=miss'],
  ['warning', '110 anderson/1.3.37 "Response is stale"'],
  ['warning', '214 x "Transformed", 111 y "Revalidation failed"'],
])('%s: %s says that it was kept, for nobody knows how long', (name, value) => {
  expect(answerTime({ [name]: value }, 50_000)).toStrictEqual({ madeMs: -Infinity, leastAgeMs: 0 })
})

test.each([
  ['x-cache', 'MISS'],
  ['x-cache', 'Miss from cloudfront'],
  ['x-cache', 'Error from cloudfront'],
  ['x-cache-lookup', 'HIT from proxy.test:3128'],
  ['cf-cache-status', 'DYNAMIC'],
  ['cf-cache-status', 'BYPASS'],
  ['cache-status', 'ExampleCache; fwd=uri-miss; stored'],
  ['cache-control', 'stale-while-revalidate=60'],
  ['warning', '214 x "Transformation applied"'],
  ['x-white', 'HIT'],
  ['x-cache-hits', '0, 0'],
  ['x-varnish', '12'],
  ['x-rack-cache', 'miss, store'],
  ['x-from-cache', '0'],
  ['x-ratelimit-hits', '5'],
  ['server-timing', 'cdn-cache; desc=MISS, origin; dur=53'],
])('%s: %s says nothing of the kind', (name, value) => {
  expect(answerTime({ [name]: value }, 50_000)).toStrictEqual({ madeMs: 50_000, leastAgeMs: 0 })
})

test.each<[string, string | undefined, 'own' | 'another' | 'none']>([
  ['its own', 'key/1', 'own'],
  ['its own, quoted', '"key/1"', 'own'],
  ['its own with spaces around', ' key/1 ', 'own'],
  ['none', undefined, 'none'],
  ['an empty one', '', 'none'],
  ['a part of it', '1', 'another'],
  ['two', 'key/1, key/1', 'another'],
  ['its own, escaped', 'key%2F1', 'another'],
  ['its own in capitals', 'KEY/1', 'another'],
])('an answer names %s', (_, value, named) => {
  expect(namedKey(value === undefined ? {} : { 'idempotency-key': value }, 'Idempotency-Key', 'key/1')).toBe(
    named,
  )
})

test('a key with quotes is named quoted, with its quotes escaped', () => {
  expect(namedKey({ 'x-key': '"a\\"b\\\\"' }, 'X-Key', 'a"b\\')).toBe('own')
})
