#!/usr/bin/env bash
# Stripe's SDK looks for a field `error` in the answer's JSON and not at the status. JSON without it, as gateways
# and proxies write with a 502, 403 or 429, resolves as the object that was asked for.
# Seen with stripe 23.1.0 on Node 20 and 24: paymentIntents.create answered 502 {"message":"Bad gateway"} (three
# times, its own retries), 429 or 403 {"message":...}, resolves with { message: ... }; `id` and `status` are undefined.
# Why it matters: `await` that does not throw is taken for "the payment intent exists". Code that stores
# `intent.id` stores undefined and forgets a payment that may be there or not; `lastResponse.statusCode` is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent stripe@23.1.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import Stripe from 'stripe'

async function create(status) {
  let posts = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      posts++
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end('{"message":"said by a gateway"}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const stripe = new Stripe('sk_test_x', { host: '127.0.0.1', port: server.address().port, protocol: 'http' })
  const told = await stripe.paymentIntents.create({ amount: 100, currency: 'eur' })
    .then(intent => `resolves ${JSON.stringify(intent)}, id ${intent.id}, statusCode ${intent.lastResponse.statusCode}`, error => `rejects ${error.type}`)
  server.closeAllConnections()
  server.close()
  console.log(`stripe 23.1.0, ${status}: ${posts} POSTs, ${told}`)
  return told.startsWith('resolves') && told.includes('id undefined')
}
const same = [await create(502), await create(429), await create(403)].every(Boolean)
console.log(same ? 'as described: no `error`, no error' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
