#!/usr/bin/env bash
# apicache knows an answer by its URL alone. Put in front of all routes, as its README shows, it answers a POST with what
# another POST was told, and a GET too: method, body and idempotency key do not count.
# Seen with apicache 1.6.3 and Express 5.3.0 on Node 20 and 24, `app.use(apicache.middleware('5 minutes'))`: POST /charges
# of 20 is executed; POST /charges of 99 under another key is told 201 with the charge of 20, and nothing is executed;
# GET /charges is told the same.
# Why it matters: for five minutes each order is told 201 and the first one's charge, and none is executed, by a part that was
# added to spare the database. No client can tell but by `apicache-version` among the headers; `middleware(time, onlyGet)`
# with a test of the method is needed.
# Source: RFC 9110 9.3.3 (an answer to POST may be reused for GET and HEAD under conditions, never for another POST).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent apicache@1.6.3 express@5.3.0
cat >run.mjs <<'PROGRAM'
import apicache from 'apicache'
import express from 'express'

const executed = []
const application = express()
application.use(express.json())
application.use(apicache.middleware('5 minutes'))
application.post('/charges', (request, response) => {
  const charge = executed.push(request.body.amount)
  response.status(201).json({ charge, amount: request.body.amount })
})
application.get('/charges', (request, response) => response.json({ charges: executed.length }))
const server = application.listen(0, '127.0.0.1')
await new Promise(done => server.once('listening', done))
const url = `http://127.0.0.1:${server.address().port}/charges`
const told = async (method, amount, key) => {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  const response = await fetch(url, method === 'GET' ? {} : { method, headers, body: JSON.stringify({ amount }) })
  const line = `${response.status} ${await response.text()}`
  console.log(`apicache 1.6.3: ${method} ${amount ?? ''} -> ${line}, executed so far ${JSON.stringify(executed)}`)
  return line
}
const first = await told('POST', 20, 'order-51')
const second = await told('POST', 99, 'order-52')
const list = await told('GET')
const same = second === first && list.endsWith('{"charge":1,"amount":20}') && executed.join() === '20'
console.log(same ? 'as described: the second order is told the first one' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
