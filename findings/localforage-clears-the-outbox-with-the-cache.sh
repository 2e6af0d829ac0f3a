#!/usr/bin/env bash
# localforage gives each store of a database its own entries in IndexedDB. In localStorage, which it takes where IndexedDB is not to be had,
# the store without a name of its own has the others' entries too: to `clear()` the cache is to clear the outbox beside it.
# Seen with localforage 1.10.0 on Node 20 and 24, IndexedDB by fake-indexeddb 6.2.8, localStorage by a Map: `{ name: 'shop' }` as a cache
# and `{ name: 'shop', storeName: 'outbox' }` with order-51. IndexedDB: the cache has one key, and after its clear() order-51 is there.
# localStorage: the cache has two keys, "outbox/order-51" and its own, and after its clear() order-51 is null.
# Why it matters: logging out or a new version clears the cache, and what was still to be sent goes with it, with its key, on the few devices
# where nobody tries. Give every store a `storeName`, or each a `name` of its own.
# What reads otherwise: its README, where setting a key in one of two instances does not affect the other (its example has two names).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent localforage@1.10.0 fake-indexeddb@6.2.8
cat >run.mjs <<'PROGRAM'
import 'fake-indexeddb/auto'

const texts = new Map()
const localStorage = {
  get length() {
    return texts.size
  },
  key: nth => [...texts.keys()][nth] ?? null,
  getItem: key => texts.get(key) ?? null,
  setItem: (key, text) => void texts.set(key, text),
  removeItem: key => void texts.delete(key),
}
// what the module looks for when it is loaded
globalThis.self = globalThis
Object.defineProperty(globalThis, 'localStorage', { value: localStorage })
const { default: localforage } = await import('localforage')
const seen = {}
for (const driver of [localforage.INDEXEDDB, localforage.LOCALSTORAGE]) {
  const cache = localforage.createInstance({ driver, name: 'shop' })
  const outbox = localforage.createInstance({ driver, name: 'shop', storeName: 'outbox' })
  await outbox.setItem('order-51', 20)
  await cache.setItem('page', 'text')
  const keys = await cache.keys()
  await cache.clear()
  seen[outbox.driver()] = `keys of the cache: ${keys.toSorted()}; order-51 after its clear: ${await outbox.getItem('order-51')}`
}
console.log('localforage 1.10.0', seen)
const same = seen.asyncStorage === 'keys of the cache: page; order-51 after its clear: 20'
  && seen.localStorageWrapper === 'keys of the cache: outbox/order-51,page; order-51 after its clear: null'
console.log(same ? 'as described: two stores that are one' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
