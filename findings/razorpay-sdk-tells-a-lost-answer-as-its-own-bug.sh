#!/usr/bin/env bash
# Razorpay's SDK reads the status of an answer that it does not have: a lost connection, a refused one and a
# time-out all reject with its own TypeError, and the network's error is gone.
# Seen with razorpay 2.9.8 on Node 20 and 24: orders.create whose connection closes, and one to a closed port:
# "Cannot read properties of undefined (reading 'status')", no code, no cause; the two cannot be told apart.
# Why it matters: "certainly not sent" and "perhaps executed" look like a mistake in one's own code, which is what
# error handling treats as final: the order is taken for failed and made again.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent razorpay@2.9.8
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const Razorpay = createRequire(import.meta.url)('razorpay')
let read = 0
const server = createServer(request => {
  request.resume().on('end', () => {
    read++
    request.socket.destroy()
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const url = `http://127.0.0.1:${server.address().port}`
async function create() {
  const razorpay = new Razorpay({ key_id: 'key', key_secret: 'secret' })
  razorpay.api.rq.defaults.baseURL = url // the SDK has no option for its host
  return razorpay.orders.create({ amount: 100, currency: 'INR' }).then(() => 'resolved', error => `${error.name}: ${error.message}, code ${error.code}, cause ${error.cause}`)
}
const lost = await create()
server.closeAllConnections()
await new Promise(done => server.close(done))
const refused = await create()
console.log(`razorpay 2.9.8: the server read ${read} order\n  lost:    ${lost}\n  refused: ${refused}`)
const same = read === 1 && lost === refused && lost.startsWith('TypeError: Cannot read properties of undefined')
console.log(same ? 'as described: one TypeError for both' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
