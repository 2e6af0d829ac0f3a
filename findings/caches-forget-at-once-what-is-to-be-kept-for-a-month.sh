#!/usr/bin/env bash
# memory-cache, and expiry-map with the map-age-cleaner below it, hand the time that an entry is to be kept to setTimeout. More
# than 24.8 days overflow the timer, and the entry is gone after a millisecond.
# Seen with memory-cache 0.2.0, expiry-map 2.0.0 and map-age-cleaner 0.2.0 on Node 20 and 24: kept for 24 days it is there a
# moment later, for 30 days it is not. A payment behind p-memoize 8.0.0, whose README names expiry-map, is made once for two
# presses with 24 days, and twice with 30. node-cache 5.1.2 and @isaacs/ttlcache 2.1.5 keep it for 30 days as well.
# Why it matters: 30 days is a usual time to remember an idempotency key for. The longest memory is none, and in production
# only, since tests take a minute; Node prints a TimeoutOverflowWarning, once.
# What reads otherwise: README of expiry-map ("A Map implementation with expirable items") and of memory-cache name no bound.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent memory-cache@0.2.0 expiry-map@2.0.0 map-age-cleaner@0.2.0 p-memoize@8.0.0 node-cache@5.1.2 @isaacs/ttlcache@2.1.5
cat >run.mjs <<'PROGRAM'
import { TTLCache } from '@isaacs/ttlcache'
import ExpiryMap from 'expiry-map'
import mapAgeCleaner from 'map-age-cleaner'
import memoryCache from 'memory-cache'
import NodeCache from 'node-cache'
import pMemoize from 'p-memoize'

process.removeAllListeners('warning')
process.on('warning', () => {}) // the overflow is told by what is gone
const day = 24 * 60 * 60 * 1000
const caches = {
  'memory-cache': forMs => {
    const cache = new memoryCache.Cache()
    cache.put('order-51', 'paid', forMs)
    return cache
  },
  'expiry-map': forMs => new ExpiryMap(forMs).set('order-51', 'paid'),
  'map-age-cleaner': forMs => {
    const map = mapAgeCleaner(new Map())
    map.set('order-51', { data: 'paid', maxAge: Date.now() + forMs })
    return map
  },
  'node-cache': forMs => {
    const cache = new NodeCache()
    cache.set('order-51', 'paid', forMs / 1000)
    return cache
  },
  '@isaacs/ttlcache': forMs => new TTLCache({ ttl: forMs }).set('order-51', 'paid'),
}
const pause = () => new Promise(done => setTimeout(done, 200))
const seen = []
for (const [name, made] of Object.entries(caches)) {
  const kept = []
  for (const days of [24, 30]) {
    const cache = made(days * day)
    await pause()
    kept.push(cache.get('order-51') ? 'there' : 'gone')
  }
  console.log(`${name}: kept for 24 days ${kept[0]}, for 30 days ${kept[1]}`)
  seen.push(kept.join())
}
for (const days of [24, 30]) {
  let executed = 0
  const pay = pMemoize(async () => ++executed, { cache: new ExpiryMap(days * day) })
  await pay('order-51')
  await pause()
  await pay('order-51')
  console.log(`p-memoize with expiry-map, ${days} days: executed ${executed}`)
  seen.push(executed)
}
const same = seen.join('; ') === 'there,gone; there,gone; there,gone; there,there; there,there; 1; 2'
console.log(same ? 'as described: the longest is the shortest' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
