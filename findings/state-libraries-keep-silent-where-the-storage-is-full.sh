#!/usr/bin/env bash
# Where localStorage is full, two libraries that keep the state of a page keep it no more and say so to nobody: the page shows the order, no
# error is thrown, nothing stands in the console. Four write a line to the console; lscache deletes what it had kept under that name.
# Seen with redux-persist 6.0.0 (redux 4.2.1), built for production, and pinia-plugin-persistedstate 4.7.1 (pinia 4.1.0, vue 3.5.45): nothing;
# lockr 0.8.5, @vueuse/core 15.0.0, svelte-persisted-store 0.12.0 (svelte 5.57.3), redux-remember 6.0.2: the console; lscache 1.3.2: `set`
# returns false, and order-51 is gone as well. In Chromium 156.0.8078.108 (Debian 12), driven by puppeteer-core 25.16.0, bundled by esbuild
# 0.28.2: order-51 is kept, the storage is filled, order-52 is added. persist of zustand 5.1.0 and atomWithStorage of jotai 2.20.3 throw.
# Why it matters: an outbox is read back after the page was closed, and then order-52 was never made. localStorage has 5 MB for all parts of
# a site. Read back what must be kept before it is called kept.
# What reads otherwise: zustand and jotai, where the caller gets the QuotaExceededError.
set -eu
chromium=$(command -v chromium || command -v chromium-browser || true)
[ -n "$chromium" ] || {
  echo 'needs Chromium: apt-get install chromium'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent --legacy-peer-deps puppeteer-core@25.16.0 esbuild@0.28.2 \
  redux-persist@6.0.0 redux@4.2.1 redux-remember@6.0.2 pinia@4.1.0 pinia-plugin-persistedstate@4.7.1 vue@3.5.45 @vue/devtools-api@8.2.1 \
  lockr@0.8.5 @vueuse/core@15.0.0 svelte-persisted-store@0.12.0 svelte@5.57.3 lscache@1.3.2 zustand@5.1.0 jotai@2.20.3
cat >page.mjs <<'PROGRAM'
import { useStorage } from '@vueuse/core'
import { createStore as createAtoms } from 'jotai/vanilla'
import { atomWithStorage } from 'jotai/vanilla/utils'
import Lockr from 'lockr'
import lscache from 'lscache'
import { createPinia, defineStore } from 'pinia'
import piniaPersist from 'pinia-plugin-persistedstate'
import { createStore as createRedux } from 'redux'
import { persistReducer, persistStore } from 'redux-persist'
import pageStorage from 'redux-persist/lib/storage'
import { rememberEnhancer, rememberReducer } from 'redux-remember'
import { persisted } from 'svelte-persisted-store'
import { createApp } from 'vue'
import { persist } from 'zustand/middleware'
import { createStore } from 'zustand/vanilla'

const pause = ms => new Promise(done => setTimeout(done, ms))
let heard = new Set()
for (const level of ['log', 'warn', 'error']) console[level] = () => heard.add('the console')
addEventListener('error', () => heard.add('an error event'))
addEventListener('unhandledrejection', () => heard.add('an unhandled rejection'))
const append = (orders = [], { type, order }) => (type === 'add' ? [...orders, order] : orders)
const dispatchTo = store => order => void store.dispatch({ type: 'add', order })
// Each gives what adds an order to the list that is kept.
const libraries = {
  'redux-persist': () => {
    const store = createRedux(persistReducer({ key: 'orders', storage: pageStorage.default ?? pageStorage }, (state = {}, action) => ({ ...state, orders: append(state.orders, action) })))
    persistStore(store)
    return dispatchTo(store)
  },
  'pinia-plugin-persistedstate': () => {
    const pinia = createPinia()
    pinia.use(piniaPersist)
    createApp({}).use(pinia)
    const store = defineStore('orders', { state: () => ({ orders: [] }), persist: true })(pinia)
    return order => void store.orders.push(order)
  },
  lockr: () => order => void Lockr.sadd('orders', order),
  '@vueuse/core': () => {
    const orders = useStorage('orders', [])
    return order => void orders.value.push(order)
  },
  'svelte-persisted-store': () => {
    const store = persisted('orders', [])
    return order => store.update(orders => [...orders, order])
  },
  'redux-remember': () => dispatchTo(createRedux(rememberReducer({ orders: append }), rememberEnhancer(localStorage, ['orders']))),
  lscache: () => order => lscache.set('orders', [...(lscache.get('orders') ?? []), order]),
  zustand: () => {
    const store = createStore(persist(() => ({ orders: [] }), { name: 'orders' }))
    return order => store.setState(({ orders }) => ({ orders: [...orders, order] }))
  },
  jotai: () => {
    const atom = atomWithStorage('orders', [])
    const store = createAtoms()
    return order => store.set(atom, orders => [...orders, order])
  },
}
function fill() {
  let size = 6_000_000
  for (let nth = 0; size > 0; nth++) {
    try {
      localStorage.setItem(`other part ${nth}`, 'x'.repeat(size))
    } catch {
      size = Math.floor(size / 2)
    }
  }
}
window.look = async name => {
  localStorage.clear()
  const add = libraries[name]()
  await pause(300) // what was kept is read
  add('order-51')
  await pause(300)
  fill()
  heard = new Set()
  let told = 'nothing'
  try {
    told = String(add(`order-52${' '.repeat(500)}`) ?? 'nothing')
  } catch (error) {
    told = `throws ${error.name}`
  }
  await pause(300)
  const texts = Object.keys(localStorage).filter(key => !key.startsWith('other part')).map(key => localStorage.getItem(key)).join()
  return `told ${told}, heard by ${[...heard].join(' and ') || 'nobody'}, kept [${texts.match(/order-\d+/g) ?? ''}]`
}
PROGRAM
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { build } from 'esbuild'
import { launch } from 'puppeteer-core'

const flags = { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' }
const { outputFiles } = await build({
  entryPoints: ['page.mjs'], bundle: true, write: false, logLevel: 'error', conditions: ['browser'],
  define: { 'process.env.NODE_ENV': '"production"', ...flags },
})
const server = createServer((request, response) => {
  response.setHeader('content-type', request.url === '/page.js' ? 'text/javascript' : 'text/html')
  response.end(request.url === '/page.js' ? outputFiles[0].text : '<title>page</title><script src="/page.js"></script>')
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const browser = await launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
console.log(await browser.version())
const silent = 'told nothing, heard by nobody, kept [order-51]'
const line = 'told nothing, heard by the console, kept [order-51]'
const thrown = 'told throws QuotaExceededError, heard by nobody, kept [order-51]'
const expected = {
  'redux-persist': silent,
  'pinia-plugin-persistedstate': silent,
  lockr: line,
  '@vueuse/core': line,
  'svelte-persisted-store': line,
  'redux-remember': line,
  lscache: 'told false, heard by nobody, kept []',
  zustand: thrown,
  jotai: thrown,
}
let same = true
for (const [name, text] of Object.entries(expected)) {
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  const seen = await page.evaluate(name => window.look(name), name)
  await page.close()
  console.log(`${name}: ${seen}`)
  same &&= seen === text
}
await browser.close()
server.close()
server.closeAllConnections()
console.log(same ? 'as described: shown, and not kept' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$chromium"
