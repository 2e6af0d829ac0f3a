#!/usr/bin/env bash
# Four SDKs of payment APIs read a list out of whatever came with status 200. Out of a page of HTML, as gateways and login walls write,
# three of them read an empty list, and the fourth one payment for each letter of the page. None rejects.
# Seen with increase 0.583.0, lithic 0.145.0, square 46.0.0 and modern-treasury 3.3.0 on Node 20 and 24: the list is asked for, the answer
# is 200 text/html of 17 letters. `for await` over Increase's transfers with the idempotency key order-51: nothing; over Lithic's payments:
# nothing; over Square's payments: nothing; over Modern Treasury's payment orders: 17 items without an id. An empty answer: nothing from
# the first two and the fourth, an error from Square's.
# Why it matters: Increase's documentation has a transfer found by its idempotency key, and a list by reference is how one asks
# elsewhere whether a lost call was executed. An empty list is read as "it was not", and the payment is made again.
# What reads otherwise: the types, a page of transfers. Look at the content type of the answer (`withResponse()`, `withRawResponse()`)
# before an empty list proves anything.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent increase@0.583.0 lithic@0.145.0 square@46.0.0 modern-treasury@3.3.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import Increase from 'increase'
import Lithic from 'lithic'
import ModernTreasury from 'modern-treasury'
import { SquareClient } from 'square'

const lists = {
  'increase 0.583.0': url => new Increase({ apiKey: 'key', baseURL: url }).achTransfers.list({ idempotency_key: 'order-51' }),
  'lithic 0.145.0': url => new Lithic({ apiKey: 'key', baseURL: url }).payments.list(),
  'square 46.0.0': url => new SquareClient({ token: 'key', baseUrl: url }).payments.list(),
  'modern-treasury 3.3.0': url => new ModernTreasury({ apiKey: 'key', organizationID: 'shop', baseURL: url }).paymentOrders.list({ metadata: { order: '51' } }),
}
const found = async list => {
  let count = 0
  for await (const item of await list) count += item.id ? 1000 : 1
  return count
}
const page = ['text/html', '<html>busy</html>']
const nothing = ['text/plain', '']
async function ask(name, [type, text]) {
  const server = createServer((request, response) => response.writeHead(200, { 'content-type': type }).end(text))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = await found(lists[name](`http://127.0.0.1:${server.address().port}`)).then(count => `${count} found`, () => 'rejects')
  server.closeAllConnections()
  server.close()
  console.log(`${name}, 200 ${type} of ${text.length} letters: ${told}`)
  return told
}
const seen = []
for (const name of Object.keys(lists)) for (const answer of [page, nothing]) seen.push(await ask(name, answer))
const same = seen.join() === '0 found,0 found,0 found,0 found,0 found,rejects,17 found,0 found'
console.log(same ? 'as described: a page of HTML is an empty list' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
