#!/usr/bin/env bash
# axios-retry's default condition spares POST only where there is an answer. Where the answer is lost (the
# connection closes after the request was read) it is a "network error", and the POST goes out three more times.
# Seen with axios 1.21.1 and axios-retry 4.5.0, no options, on Node 20 and 24: POST answered 503: one send. POST
# read and the connection closed: four sends within 100 ms, nothing on the wire that tells them apart.
# Why it matters: the lost answer is the very case in which the call may have been executed, the 503 the milder
# one. Safe is `retryCondition: isIdempotentRequestError`, or a key in the request's headers.
# What is read easily otherwise: README, "By default, it retries if it is a network error or a 5xx error on an
# idempotent request (GET, HEAD, OPTIONS, PUT or DELETE)."
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1 axios-retry@4.5.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import axios from 'axios'
import axiosRetry, { isIdempotentRequestError } from 'axios-retry'

async function sends(status, options) {
  const seen = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      seen.push(request.method)
      if (status === undefined) return request.socket.destroy()
      response.writeHead(status).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = axios.create()
  axiosRetry(client, options)
  const told = await client.post(`http://127.0.0.1:${server.address().port}/pay`, { amount: 100 }).catch(error => error.response?.status ?? error.code)
  server.closeAllConnections()
  server.close()
  console.log(`axios-retry 4.5.0, ${status ?? 'answer lost'}, options ${JSON.stringify(Object.keys(options ?? {}))}: ${seen.length} x ${seen[0]}, told ${told}`)
  return seen.length
}
const seen = [await sends(503), await sends(undefined), await sends(undefined, { retryCondition: isIdempotentRequestError })]
const same = seen.join() === '1,4,1'
console.log(same ? 'as described: spared after 503, sent four times after silence' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
