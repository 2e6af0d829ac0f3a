#!/usr/bin/env bash
# The SDK of Dodo Payments charges a subscription up to three times for one call: by default it sends the POST again after a lost
# connection, a 408, 409, 429 and 5xx, the same bytes, without a key. The option `idempotencyKey`, which its types offer, is dropped.
# Seen with dodopayments 2.52.0 on Node 20 and 24: subscriptions.charge of 1999 and refunds.create, each with
# `{ idempotencyKey: 'invoice-42' }`, at a server that charges and whose answers are lost: three POSTs, no header that names the call,
# and the call rejects with "Connection error.". Where the first answer alone is lost it resolves with the second charge.
# Why it matters: the customer is charged again for each answer that is lost, and the caller believes to have a key. `maxRetries: 0`
# ends that; a key can only go as a header, `{ headers: { 'idempotency-key': … } }`, where the server honours one.
# What reads otherwise: RFC 9110 9.2.2 (no automatic retry of a method that is not idempotent without means to know better), and the
# option's name.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent dodopayments@2.52.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import DodoPayments from 'dodopayments'

async function calls(what, losesFirst) {
  const arrived = []
  const server = createServer((request, response) =>
    request.resume().on('end', () => {
      arrived.push(JSON.stringify(request.headers).includes('invoice-42') ? 'with the key' : 'without a key')
      if (losesFirst === 'all' || arrived.length === 1) return request.socket.destroy()
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ payment_id: `pay_${arrived.length}`, refund_id: `ref_${arrived.length}` }))
    }),
  )
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = new DodoPayments({ bearerToken: 'k', baseURL: `http://127.0.0.1:${server.address().port}` })
  const options = { idempotencyKey: 'invoice-42' }
  const call =
    what === 'charge'
      ? client.subscriptions.charge('sub_1', { product_price: 1999 }, options)
      : client.refunds.create({ payment_id: 'pay_1' }, options)
  const end = await call.then(
    told => told.payment_id && what === 'charge' ? told.payment_id : told.refund_id,
    error => error.message,
  )
  server.closeAllConnections()
  server.close()
  const seen = `${arrived.length} POSTs, ${[...new Set(arrived)].join(', ')}, ${end}`
  console.log(`dodopayments 2.52.0, ${what}, ${losesFirst === 'all' ? 'every answer' : 'the first answer'} lost: ${seen}`)
  return seen
}
const seen = [await calls('charge', 'all'), await calls('charge', 'first'), await calls('refund', 'all'), await calls('refund', 'first')]
const same =
  seen.join('; ') ===
  '3 POSTs, without a key, Connection error.; 2 POSTs, without a key, pay_2; 3 POSTs, without a key, Connection error.; 2 POSTs, without a key, ref_2'
console.log(same ? 'as described: one call charges more than once' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
