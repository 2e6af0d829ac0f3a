#!/usr/bin/env bash
# retry-axios takes a Retry-After that is a date of the past, or 0 seconds, for "do not retry" and rejects. The
# same 503 without the header is sent again.
# Seen with axios 1.21.1 and retry-axios 4.0.3 on Node 20 and 24: PUT answered 503 once and then 200 resolves
# without Retry-After and with Retry-After: 1, and rejects with the 503 for a date one minute ago.
# Why it matters: a server whose clock is a minute behind, or an answer that a slow network held back, names a
# moment that is past for the client. It means "now is allowed" and ends the call, with an outcome that nobody knows.
# Source: RFC 9110 10.2.3 tells how long to wait before a follow-up request, and nothing of giving up.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1 retry-axios@4.0.3
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import axios from 'axios'
import * as rax from 'retry-axios'

const { version } = createRequire(import.meta.url)('./node_modules/retry-axios/package.json')
async function put(retryAfter) {
  let sends = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(++sends === 1 ? 503 : 200, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
      response.end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = axios.create()
  rax.attach(client)
  const told = await client.put(`http://127.0.0.1:${server.address().port}/orders/51`, {}, { raxConfig: { retryDelay: 50 } })
    .then(answer => `resolved ${answer.status}`, error => `rejected ${error.response?.status}`)
  server.closeAllConnections()
  server.close()
  console.log(`retry-axios ${version}, Retry-After: ${retryAfter}: ${sends} sends, ${told}`)
  return `${sends} ${told}`
}
const seen = [await put(undefined), await put('1'), await put(new Date(Date.now() - 60_000).toUTCString()), await put('0')]
const same = seen.join() === '2 resolved 200,2 resolved 200,1 rejected 503,1 rejected 503'
console.log(same ? 'as described: allowed now is taken for never' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
