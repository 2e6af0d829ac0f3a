#!/usr/bin/env bash
# urllib, the HTTP client of Egg and of many SDKs from China, sends a request once more when its connection was closed before
# the answer, a POST too, though `retry` is 0. A second option, socketErrorRetry, is 1 by default.
# Seen with urllib 4.9.2 on Node 20 and 24: a POST on a fresh connection is executed and the connection closed: a second POST
# arrives with `x-urllib-retry-on-socket-error: 1/1`, is executed, and the promise resolves with its answer. After a 500: one
# POST. With `socketErrorRetry: 0`: one, and the promise rejects.
# Why it matters: one call in code that sets no retries is two payments. A server can tell the copy by its header, if it knows
# of it; nothing in the result tells the caller.
# What reads otherwise: the README of the package names no retries at all.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent urllib@4.9.2
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { request } from 'urllib'

async function pay(name, first, options) {
  const executed = []
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      const number = executed.push(incoming.headers['x-urllib-retry-on-socket-error'] ?? 'no sign')
      if (number === 1 && first === 'lost') return incoming.socket.destroy()
      response.writeHead(number === 1 ? first : 201, { 'content-type': 'application/json' }).end(JSON.stringify({ charge: number }))
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = await request(`http://127.0.0.1:${server.address().port}/charges`, { method: 'POST', data: { amount: 100 }, contentType: 'json', dataType: 'json', ...options })
    .then(({ status, data }) => `${status} ${JSON.stringify(data)}`)
    .catch(error => `rejected (${error.name})`)
  server.closeAllConnections()
  server.close()
  console.log(`urllib 4.9.2, ${name}: executed`, executed, told)
  return `${executed.join()} ${told}`
}
const lost = await pay('answer lost', 'lost', {})
const failed = await pay('500', 500, {})
const off = await pay('answer lost, socketErrorRetry: 0', 'lost', { socketErrorRetry: 0 })
const same = lost === 'no sign,1/1 201 {"charge":2}' && failed === 'no sign 500 {"charge":1}' && off.startsWith('no sign rejected')
console.log(same ? 'as described: one call, two charges' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
