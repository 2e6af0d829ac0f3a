#!/usr/bin/env bash
# The SDK of PocketBase takes two creates in one collection that overlap for a duplicate, whatever is in them: it aborts the first one's
# request and rejects it as "autocancelled". By then the server has it, and makes both.
# Seen with pocketbase 0.28.1 on Node 20 and 24: orders of 20 and of 99, a tenth of a second apart, to a server that takes half a second:
# the first rejects with `isAbort: true` and status 0, the second resolves; two records. With `requestKey: null`: both resolve.
# Why it matters: "cancelled" is told of what was done, by the client itself and without a fault of the network. A page that shows
# the first order as not made, or makes it again, has it twice. `isAbort` proves nothing.
# What reads otherwise: the README of the package, by which duplicated pending requests are cancelled and the last one alone is executed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent pocketbase@0.28.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import PocketBase from 'pocketbase'

async function order(options) {
  const records = []
  let had
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', piece => (text += piece)).on('end', () => {
      const id = records.push(JSON.parse(text).amount)
      had?.()
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: `order_${id}` })), 500)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const orders = new PocketBase(`http://127.0.0.1:${server.address().port}`).collection('orders')
  const firstIsThere = new Promise(done => (had = done))
  const told = call => call.then(({ id }) => id, ({ isAbort, status }) => `rejected, isAbort ${isAbort}, status ${status}`)
  const first = told(orders.create({ amount: 20 }, options))
  await firstIsThere
  const seen = `${await told(orders.create({ amount: 99 }, options))}; the first: ${await first}; records ${records.join()}`
  server.closeAllConnections()
  server.close()
  console.log(`pocketbase 0.28.1, ${JSON.stringify(options)}: the second: ${seen}`)
  return seen
}
const seen = [await order({}), await order({ requestKey: null })]
const same = seen[0] === 'order_2; the first: rejected, isAbort true, status 0; records 20,99' && seen[1] === 'order_2; the first: order_1; records 20,99'
console.log(same ? 'as described: what is called cancelled was made' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
