#!/usr/bin/env bash
# Replicate's SDK retries up to five times, with a growing pause, Retry-After, and for a POST after 429 alone, as its comments
# have it. It never waits: the pause is taken only if it is a whole number, and a random part makes it none. And what has no
# answer at all is always sent again.
# Seen with replicate 1.4.0 on Node 20 and 24: predictions.create answered 429 with Retry-After: 30: six POSTs within half a
# second; read and the connection closed: six POSTs, within half a second too; 500: one.
# Why it matters: one call can start six runs of a paid model, since the lost answer is the case in which one may have been
# started. A server that asks for 30 s gets five more POSTs at once, and the call ends before the 30 s are over.
# What says otherwise: the comment of the package on withAutomaticRetries ("A non-GET request is retried only if it fails with
# a 429 status code").
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent replicate@1.4.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import Replicate from 'replicate'

async function sends(name, answer) {
  const at = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      at.push(Date.now())
      answer(request, response)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const replicate = new Replicate({ auth: 'token', baseUrl: `http://127.0.0.1:${server.address().port}` })
  const ended = await replicate.predictions.create({ version: 'a'.repeat(64), input: {} }).then(
    () => 'resolved',
    error => `rejected (${error.name})`,
  )
  const passed = at.at(-1) - at[0]
  server.closeAllConnections()
  server.close()
  console.log(`replicate 1.4.0, ${name}: ${at.length} POSTs within ${passed} ms, ${ended}`)
  return { count: at.length, passed }
}
const limited = await sends('429 Retry-After: 30', (request, response) => response.writeHead(429, { 'retry-after': '30' }).end('{}'))
const lost = await sends('connection closed   ', request => request.socket.destroy())
const failed = await sends('500                 ', (request, response) => response.writeHead(500).end('{}'))
// the pauses that its comments tell of would be 0.5 s, 1 s, 2 s, 4 s and 8 s
const same = [limited, lost].every(({ count, passed }) => count === 6 && passed < 10_000) && failed.count === 1
console.log(same ? 'as described: six at once' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
