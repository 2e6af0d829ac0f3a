#!/usr/bin/env bash
# The SDK of Checkout.com rejects every 409, whatever its body says, with the error class UrlAlreadyRegistered
# (the name that fits one endpoint, webhooks). A payment whose idempotency key is still in use is told so too.
# Seen with checkout-sdk-node 5.2.1 on Node 20 and 24: payments.request answered 409 with
# error_codes ["request_in_progress"] gives name and message "UrlAlreadyRegistered".
# Why it matters: the 409 of a payment is the one answer that means "the first is perhaps being executed". Code
# that sorts errors by class or message takes it for a fault of set-up and pays again under a new key; only
# `http_code` and `body` of the error still tell the truth.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent checkout-sdk-node@5.2.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { Checkout } from 'checkout-sdk-node'

const { version } = createRequire(import.meta.url)('./node_modules/checkout-sdk-node/package.json')
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    console.log(request.method, request.url, 'key', request.headers['cko-idempotency-key'])
    response.writeHead(409, { 'content-type': 'application/json' })
    response.end('{"error_type":"conflict","error_codes":["request_in_progress"]}')
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
// Both keys have only the shape of keys.
const checkout = new Checkout('sk_test_00000000-0000-4000-8000-000000000000', {
  pk: 'pk_test_00000000-0000-4000-8000-000000000000',
  host: `http://127.0.0.1:${server.address().port}`,
})
const payment = { source: { type: 'token', token: 'tok_1' }, amount: 1000, currency: 'EUR' }
const error = await checkout.payments.request(payment, 'order-51').then(() => undefined, reason => reason)
server.closeAllConnections()
server.close()
console.log(`checkout-sdk-node ${version}:`, { name: error?.name, message: error?.message, http_code: error?.http_code, body: error?.body })
const same = error?.name === 'UrlAlreadyRegistered' && error.http_code === 409
console.log(same ? 'as described: a payment in progress is a registered URL' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
