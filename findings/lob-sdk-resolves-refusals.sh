#!/usr/bin/env bash
# The older SDK of Lob rejects an answer below 500 only where its JSON has a field `error`; the status is not
# looked at. A 409 or 429 whose body says it otherwise resolves as if a letter had been made.
# Seen with lob 7.1.0 on Node 20 and 24: postcards.create answered 409 {"message":...} and 429 {"message":...}
# (what a gateway in front of an API writes) both resolve; the same 409 with {"error":{...}} rejects.
# Why it matters: "the promise resolved" is no evidence that the letter exists, so a wrapper that stores it as
# the operation's result forgets an order that never was printed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent lob@7.1.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const Lob = require('lob')
const { version } = require('./node_modules/lob/package.json')
async function create(status, answer) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer))
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const lob = Lob('test_key', { host: `http://127.0.0.1:${server.address().port}/v1/` })
  const told = await lob.postcards.create({ to: 'adr_1', from: 'adr_2', front: 'tmpl_1', back: 'tmpl_2' }, { 'Idempotency-Key': 'order-51' })
    .then(() => 'resolved', () => 'rejected')
  server.closeAllConnections()
  server.close()
  console.log(`lob ${version}: ${status} ${JSON.stringify(answer)} -> ${told}`)
  return told
}
const told = [
  await create(409, { message: 'A request with this key is in progress' }),
  await create(429, { message: 'Too many requests' }),
  await create(409, { error: { message: 'A request with this key is in progress', status_code: 409 } }),
]
const same = told.join() === 'resolved,resolved,rejected'
console.log(same ? 'as described: a refusal without the field `error` is a success' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
