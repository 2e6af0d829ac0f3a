#!/usr/bin/env bash
# Where a 2xx is not JSON (the page of a login, a captive portal, a proxy) Square's SDK resolves, and what it
# resolves with is its own inner error object in the place of the payment.
# Seen with square 46.0.0 on Node 20 and 24: payments.create answered 200 text/html resolves with
# { ok: false, error: { reason: 'non-json', statusCode: 200, rawBody: '<html>...' } }.
# Why it matters: `await` that does not throw is taken for "paid", and the typed result has `payment` undefined
# as a payment with errors may. Whoever stores "it resolved" as the outcome records a payment that never left.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent square@46.0.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { SquareClient } from 'square'

const { version } = createRequire(import.meta.url)('./node_modules/square/package.json')
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<html>Please sign in</html>')
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const client = new SquareClient({ token: 't', environment: `http://127.0.0.1:${server.address().port}` })
const told = await client.payments.create({ sourceId: 'cnon', idempotencyKey: 'order-51', amountMoney: { amount: 100n, currency: 'EUR' } })
  .then(resolved => ({ resolved }), rejected => ({ rejected }))
server.closeAllConnections()
server.close()
console.log(`square ${version}:`, JSON.stringify(told))
const same = told.resolved?.ok === false && told.resolved.error.reason === 'non-json'
console.log(same ? 'as described: the promise resolves with { ok: false }' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
