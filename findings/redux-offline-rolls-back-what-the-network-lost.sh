#!/usr/bin/env bash
# redux-offline keeps actions until they are sent, but an effect that fails without a status is discarded at once:
# the outbox entry is removed and the rollback dispatched. With its own default effect that is every network
# failure, since fetch's error has no status. A 500, on the other hand, is sent again.
# Seen with @redux-offline/redux-offline 2.6.0 on Node 20 and 24: a POST that was read and whose connection closed,
# and a POST to a closed port, both end in ROLLED_BACK with an empty outbox after one try.
# Why it matters: the case that the library is there for loses the action, and an order that the server did execute
# is rolled back on the screen, so that the user presses again. `discard` must be replaced.
# What reads otherwise: the package's own description, "Redux Offline-First Architecture".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent redux@4.2.1 @redux-offline/redux-offline@2.6.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { legacy_createStore: createStore } = require('redux')
const { offline } = require('@redux-offline/redux-offline')
const defaults = require('@redux-offline/redux-offline/lib/defaults').default
async function order(first) {
  let executed = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (++executed === 1 && first === 'lost') return request.socket.destroy()
      response.writeHead(executed === 1 ? 500 : 201, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/orders`
  if (first === 'refused') await new Promise(done => server.close(done))
  const types = []
  const reducer = (state = {}, { type }) => (types.push(type), state)
  // Only what needs a browser is replaced: no stored state, and "online" all the time.
  const store = createStore(reducer, offline({ ...defaults, persist: null, detectNetwork: told => told(true) }))
  const effect = { url, method: 'POST', json: { item: 'tea' } }
  store.dispatch({ type: 'ORDER', meta: { offline: { effect, commit: { type: 'COMMITTED' }, rollback: { type: 'ROLLED_BACK' } } } })
  for (let waited = 0; waited < 5000 && !types.some(type => type === 'COMMITTED' || type === 'ROLLED_BACK'); waited += 50) await new Promise(done => setTimeout(done, 50))
  const seen = `${executed} executed, ${types.find(type => type === 'COMMITTED' || type === 'ROLLED_BACK')}, outbox ${store.getState().offline.outbox.length}`
  server.closeAllConnections()
  server.close()
  console.log(`redux-offline 2.6.0, first answer ${first}: ${seen}`)
  return seen
}
const seen = [await order('lost'), await order('refused'), await order('500')]
const same = seen.join('; ') === '1 executed, ROLLED_BACK, outbox 0; 0 executed, ROLLED_BACK, outbox 0; 2 executed, COMMITTED, outbox 0'
console.log(same ? 'as described: what was lost is rolled back, what failed is tried again' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
