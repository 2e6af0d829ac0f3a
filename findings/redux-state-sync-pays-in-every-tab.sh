#!/usr/bin/env bash
# redux-state-sync keeps the tabs of a shop alike: it dispatches every action of one tab in the others too, through all of their middleware.
# What answers an action with a call to the server, a listener of Redux Toolkit or a saga, does so in each tab.
# Seen with redux-state-sync 3.1.4, @reduxjs/toolkit 2.15.0 and redux-saga 1.5.1 in Chromium 156.0.8078.108 (Debian 12), driven by
# puppeteer-core 25.16.0, bundled by esbuild 0.28.2: three tabs, each with a listener for "order/pay" that sends a POST; one tab dispatches
# "order/pay" once: three POSTs. With a saga: three. The state is that of one order in each of them.
# Why it matters: what was tried with one tab pays once, and twice for the customer who looked at the shipping costs in a second tab. The
# action must hold the idempotency key, made before it is dispatched, and the effect ask for `$isSync`, or its type be on the `blacklist`.
# What reads otherwise: its README: "to keep the redux state in sync"; no word on effects.
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
  redux-state-sync@3.1.4 @reduxjs/toolkit@2.15.0 redux-saga@1.5.1
cat >page.mjs <<'PROGRAM'
import { configureStore, createListenerMiddleware } from '@reduxjs/toolkit'
import createSagaMiddleware from 'redux-saga'
import { takeEvery } from 'redux-saga/effects'
import { createStateSyncMiddleware, initMessageListener } from 'redux-state-sync'

const orders = (state = 0, { type }) => (type === 'order/pay' ? state + 1 : state)
const send = () => fetch('/charges', { method: 'POST' })
const effects = {
  listener() {
    const { middleware, startListening } = createListenerMiddleware()
    startListening({ type: 'order/pay', effect: send })
    return { middleware, start() {} }
  },
  saga() {
    const middleware = createSagaMiddleware()
    return { middleware, start: () => middleware.run(function* () { yield takeEvery('order/pay', send) }) }
  },
}
window.start = kind => {
  const { middleware, start } = effects[kind]()
  const synced = createStateSyncMiddleware({ channel: kind })
  window.store = configureStore({ reducer: orders, middleware: () => [middleware, synced] })
  start()
  initMessageListener(window.store)
}
PROGRAM
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { build } from 'esbuild'
import { launch } from 'puppeteer-core'

const pause = ms => new Promise(done => setTimeout(done, ms))
const { outputFiles } = await build({ entryPoints: ['page.mjs'], bundle: true, write: false, logLevel: 'error', define: { 'process.env.NODE_ENV': '"production"' } })
let charges = 0
const server = createServer((request, response) => {
  if (request.method === 'POST') charges++
  response.setHeader('content-type', request.url === '/page.js' ? 'text/javascript' : 'text/html')
  response.end(request.url === '/page.js' ? outputFiles[0].text : '<title>page</title><script src="/page.js"></script>')
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const browser = await launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
const seen = []
for (const kind of ['listener', 'saga']) {
  for (const count of [1, 3]) {
    charges = 0
    const tabs = []
    for (let nth = 0; nth < count; nth++) {
      const tab = await browser.newPage()
      await tab.goto(`http://localhost:${server.address().port}/`)
      await tab.evaluate(kind => window.start(kind), kind)
      tabs.push(tab)
    }
    await tabs[0].evaluate(() => void store.dispatch({ type: 'order/pay' }))
    await pause(1_000)
    const states = await Promise.all(tabs.map(tab => tab.evaluate(() => store.getState())))
    seen.push(`tabs ${count}, orders in the state ${states.join()}, POSTs ${charges}`)
    console.log(`${kind}: ${seen.at(-1)}`)
    await Promise.all(tabs.map(tab => tab.close()))
  }
}
await browser.close()
server.close()
server.closeAllConnections()
const expected = ['tabs 1, orders in the state 1, POSTs 1', 'tabs 3, orders in the state 1,1,1, POSTs 3']
const same = seen.join('; ') === [...expected, ...expected].join('; ')
console.log(same ? 'as described: a payment by each tab' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$chromium"
