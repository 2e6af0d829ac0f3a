#!/usr/bin/env bash
# Two SDKs look for a field `error` in the answer's JSON and not at the status: Stripe's at any status, Lob's below 500.
# JSON without it, as gateways and proxies write with a 403, 409, 429 or 502, resolves as the object that was asked for.
# Seen with stripe 23.1.0 and lob 7.1.0 on Node 20 and 24: paymentIntents.create answered 502 {"message":...} (three
# times, its own retries) or 429 resolves with { message: ... } and no `id`; postcards.create answered 409 or 429
# {"message":...} resolves, and rejects where the same 409 says {"error":{...}}.
# Why it matters: `await` that does not throw is taken for "the payment intent exists", "the card is printed". Code
# that stores `intent.id` stores undefined and forgets an operation that may be there or not. Stripe's
# `lastResponse.statusCode` is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent stripe@23.1.0 lob@7.1.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import Stripe from 'stripe'

const Lob = createRequire(import.meta.url)('lob')
const calls = {
  'stripe 23.1.0': port => new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http' }).paymentIntents.create({ amount: 100, currency: 'eur' }),
  'lob 7.1.0': port => Lob('test_key', { host: `http://127.0.0.1:${port}/v1/` }).postcards.create({ to: 'adr_1', from: 'adr_2', front: 'tmpl_1', back: 'tmpl_2' }),
}
async function create(name, status, answer) {
  let posts = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      posts++
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer))
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = await calls[name](server.address().port).then(made => `resolves, id ${made.id}`, () => 'rejects')
  server.closeAllConnections()
  server.close()
  console.log(`${name}: ${status} ${JSON.stringify(answer)}, ${posts} POSTs, ${told}`)
  return told
}
const message = 'said by a gateway'
const seen = [
  await create('stripe 23.1.0', 502, { message }),
  await create('stripe 23.1.0', 429, { message }),
  await create('stripe 23.1.0', 403, { message }),
  await create('stripe 23.1.0', 403, { error: { message } }),
  await create('lob 7.1.0', 409, { message }),
  await create('lob 7.1.0', 429, { message }),
  await create('lob 7.1.0', 409, { error: { message, status_code: 409 } }),
]
const resolves = 'resolves, id undefined'
const same = seen.join(';') === [resolves, resolves, resolves, 'rejects', resolves, resolves, 'rejects'].join(';')
console.log(same ? 'as described: no `error`, no error' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
