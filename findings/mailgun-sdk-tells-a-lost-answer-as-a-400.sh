#!/usr/bin/env bash
# Mailgun's SDK gives every error a status, and where there was no answer it makes one up: 400. A mail whose answer was lost, one that ran out
# of time, and one that was refused for its address are told as the same "400".
# Seen with mailgun.js 14.0.1, defaults but for `timeout: 500`, on Node 20 and 24: messages.create that is read and the connection closed:
# { status: 400, message: 'ECONNRESET' }; read and not answered: { status: 400, message: 'ECONNABORTED' }; refused by the server:
# { status: 400, message: 'Bad Request' }. A 503 has its own status.
# Why it matters: 400 says "this mail was not sent, and never will be as it is". Code that looks at the status drops it, or asks for another
# address and sends it anew, while the first is on its way; the words in `message` are the one place that tells.
# What reads otherwise: RFC 9110 15.5.1, 400 is the server's word on the request.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent mailgun.js@14.0.1 form-data@4.0.6
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const Mailgun = require('mailgun.js').default ?? require('mailgun.js')
let read = 0
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    read++
    if (request.url.includes('lost.test')) return request.socket.destroy()
    if (request.url.includes('slow.test')) return
    if (request.url.includes('busy.test')) return response.writeHead(503).end()
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"message":"to parameter is not a valid address"}')
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const mailgun = new Mailgun(require('form-data')).client({ username: 'api', key: 'key', url: `http://127.0.0.1:${server.address().port}`, timeout: 500 })
const seen = []
for (const domain of ['lost.test', 'slow.test', 'refused.test', 'busy.test']) {
  const told = await mailgun.messages.create(domain, { from: 'shop@shop.test', to: ['ann@home.test'], subject: 'Paid', text: 'Order 51' }).catch(({ status, message }) => `${status} ${message}`)
  console.log(`mailgun.js 14.0.1, ${domain}: ${told}`)
  seen.push(told)
}
server.closeAllConnections()
server.close()
const same = read === 4 && seen.join() === '400 ECONNRESET,400 ECONNABORTED,400 Bad Request,503 Service Unavailable'
console.log(same ? 'as described: what was lost is told as refused' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node --no-deprecation run.mjs
