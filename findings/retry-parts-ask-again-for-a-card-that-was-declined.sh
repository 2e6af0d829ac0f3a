#!/usr/bin/env bash
# The retry parts of three libraries send whatever is not a success again, a POST and a refusal too: a card that was declined (402) is
# charged again and again. wretch's then hides that it was declined.
# Seen with wretch 2.11.1 (its `retry` middleware, defaults), RTK Query of @reduxjs/toolkit 2.15.0 (`retry`, a mutation, defaults) and
# @better-fetch/fetch 1.3.3 (`retry: 2`) on Node 20 and 24: one POST answered 402 each time: 11, 6 and 3 POSTs; 409: the same numbers.
# wretch rejects with "Number of attempts exceeded." and no status, the two others give the 402. ky 1.14.3 with its defaults: one.
# Why it matters: each try of a declined card is a try at the bank, for which card schemes charge and block; a 409 "this is being
# executed" is asked five times in some seconds, and a refusal that hides another one's execution is met by a new POST.
# What reads otherwise: RFC 9110 15.5, a 4xx says that the request itself is at fault.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent wretch@2.11.1 @reduxjs/toolkit@2.15.0 @better-fetch/fetch@1.3.3 ky@1.14.3
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { betterFetch } from '@better-fetch/fetch'
import ky from 'ky'
import wretch from 'wretch'
import { retry } from 'wretch/middlewares'

const require = createRequire(import.meta.url)
const { configureStore } = require('@reduxjs/toolkit')
const { createApi, fetchBaseQuery, retry: retryOfQuery } = require('@reduxjs/toolkit/query')
const body = { amount: 20 }
// Only the pauses are shorter than the defaults.
const clients = {
  wretch: url => wretch(url).middlewares([retry({ delayTimer: 10 })]).post(body).json().catch(error => `${error.status} ${error.message}`),
  'RTK Query': async url => {
    const api = createApi({
      baseQuery: retryOfQuery(fetchBaseQuery({ baseUrl: url }), { backoff: () => new Promise(done => setTimeout(done, 10)) }),
      endpoints: build => ({ pay: build.mutation({ query: () => ({ url: '/charges', method: 'POST', body }) }) }),
    })
    const store = configureStore({ reducer: { api: api.reducer }, middleware: all => all().concat(api.middleware) })
    const { error } = await store.dispatch(api.endpoints.pay.initiate())
    return `${error.status}`
  },
  'better-fetch': url => betterFetch(url, { method: 'POST', body, retry: { type: 'linear', attempts: 2, delay: 10 } }).then(({ error }) => `${error.status}`),
  ky: url => ky.post(url, { json: body }).then(() => 'resolved', ({ response }) => `${response.status}`),
}
const seen = []
for (const status of [402, 409]) {
  for (const [name, call] of Object.entries(clients)) {
    let posts = 0
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        posts++
        response.writeHead(status, { 'content-type': 'application/json' }).end('{"code":"declined"}')
      })
    })
    await new Promise(done => server.listen(0, '127.0.0.1', done))
    const told = await call(`http://127.0.0.1:${server.address().port}`)
    server.closeAllConnections()
    server.close()
    console.log(`${name}, ${status}: ${posts} POSTs, told ${told}`)
    seen.push(`${posts} ${told}`)
  }
}
const hidden = '11 undefined Number of attempts exceeded.'
const same = seen.join('; ') === `${hidden}; 6 402; 3 402; 1 402; ${hidden}; 6 409; 3 409; 1 409`
console.log(same ? 'as described: a refusal is asked for again' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
