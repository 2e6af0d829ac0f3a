#!/usr/bin/env bash
# Stripe's SDK sends a request whose connection was closed once more even with maxNetworkRetries 0 (its README
# says so). It makes an idempotency key for every POST of v1 and for no DELETE, so the cancellation of a
# subscription goes out twice without a key, and the answer to the second hides that the first was executed.
# Seen with stripe 23.1.0 on Node 20 and 24: the server cancels, the connection is closed before the answer,
# the SDK sends DELETE again, gets 404 and rejects with code `resource_missing`, "No such subscription".
# Why it matters: the caller asked for no retries, reads "there was no such subscription" for one that the call
# itself has just ended, and may report that nothing was done. A caller's own `idempotencyKey` does reach DELETE.
# What reads otherwise: README of stripe, "Idempotency keys are added where appropriate to prevent duplication."
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent stripe@23.1.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import Stripe from 'stripe'

const { version } = createRequire(import.meta.url)('./node_modules/stripe/package.json')
let subscribed = true
const seen = []
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    seen.push(`${request.method} ${request.url} key ${request.headers['idempotency-key']}`)
    if (subscribed) {
      subscribed = false // executed; the answer is lost
      return request.socket.destroy()
    }
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { type: 'invalid_request_error', code: 'resource_missing', message: "No such subscription: 'sub_1'" } }))
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const stripe = new Stripe('sk_test_x', { host: '127.0.0.1', port: server.address().port, protocol: 'http', maxNetworkRetries: 0 })
const error = await stripe.subscriptions.cancel('sub_1').then(() => undefined, reason => reason)
server.closeAllConnections()
server.close()
console.log(`stripe ${version}, maxNetworkRetries 0:`, seen, 'canceled by the server:', !subscribed)
console.log('the caller is told:', error?.code, error?.message)
const same = seen.length === 2 && seen.every(line => line.endsWith('key undefined')) && error?.code === 'resource_missing'
console.log(same ? 'as described: canceled, sent again, told "not found"' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
