#!/usr/bin/env bash
# async-retry, and the package retry below it, give up with the error that came most often, not with the last one: what the last attempt
# ended with is told to nobody.
# Seen with async-retry 1.3.3 (retry 0.13.1) on Node 20 and 24, beside promise-retry 2.0.1, which stands on retry too, `retries: 3`: a server
# that starts, refuses three connections, reads the fourth PUT and loses its answer: "connect ECONNREFUSED"; promise-retry says ECONNRESET.
# Three times 503 and then 402, the card declined: "503"; promise-retry says 402.
# Why it matters: "refused" is the one error of the network that proves that nothing was sent, so a caller orders again elsewhere; and
# "declined" is the one answer after which one must not ask again. Note the outcome of each attempt where it is made.
# Source: retry's README names `mainError()` for what it is; that of async-retry does not say which error it rejects with.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent async-retry@1.3.3 retry@0.13.1 promise-retry@2.0.1
cat >run.mjs <<'PROGRAM'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const asyncRetry = require('async-retry')
const promiseRetry = require('promise-retry')
const pauses = { retries: 3, minTimeout: 20, maxTimeout: 20 }
const loops = {
  'async-retry 1.3.3': attempt => asyncRetry(attempt, pauses),
  'promise-retry 2.0.1': attempt => (promiseRetry.promiseRetry ?? promiseRetry)(again => attempt().catch(again), pauses),
}
const put = port => new Promise((done, failed) => {
  http.request({ port, host: '127.0.0.1', method: 'PUT', path: '/orders/51', agent: false }, answer => {
    answer.resume()
    if (answer.statusCode < 300) return done()
    failed(new Error(`${answer.statusCode}`))
  }).on('error', failed).end('{"amount":20}')
})
const codeOf = error => error.code ?? error.message
async function freePort() {
  const socket = net.createServer().listen(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
const seen = []
for (const [name, loop] of Object.entries(loops)) {
  const port = await freePort()
  const ends = []
  let server
  const told = await loop(async () => {
    if (ends.length === 3) {
      server = http.createServer(({ socket }) => socket.resetAndDestroy()).listen(port, '127.0.0.1')
      await once(server, 'listening')
    }
    await put(port).catch(error => {
      ends.push(codeOf(error))
      throw error
    })
  }).catch(codeOf)
  server.close()
  const statuses = [503, 503, 503, 402]
  const shop = http.createServer((request, response) => response.writeHead(statuses.shift()).end()).listen(0, '127.0.0.1')
  await once(shop, 'listening')
  const refusal = await loop(() => put(shop.address().port)).catch(codeOf)
  shop.close()
  seen.push(`${ends.join()} is told as ${told}; 503,503,503,402 as ${refusal}`)
  console.log(`${name}: ${seen.at(-1)}`)
}
const refused = 'ECONNREFUSED,ECONNREFUSED,ECONNREFUSED,ECONNRESET'
const same = seen.join('|') === `${refused} is told as ECONNREFUSED; 503,503,503,402 as 503|${refused} is told as ECONNRESET; 503,503,503,402 as 402`
console.log(same ? 'as described: the majority, not the last word' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
