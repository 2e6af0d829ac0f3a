#!/usr/bin/env bash
# axios-retry (and the small axios-retry-after) hand the Retry-After of an answer to setTimeout as it is. More
# than 2147483 seconds (24.8 days), or a date further away, overflows the timer, and the runtime then waits 1 ms:
# "not for a long time" becomes "at once".
# Seen with axios-retry 4.5.0, its defaults, and axios-retry-after 2.1.0 on Node 20 and 24: PUT answered 503
# Retry-After: 2147484, or a date 40 days ahead, goes out four times within half a second; with
# Retry-After: 1 it waits a second each time. Node prints a TimeoutOverflowWarning.
# Why it matters: an API that closes a route for good (or a wrong clock that makes a date far) is asked again
# at once by every client, with the same write, instead of being left alone. A bound belongs in front of setTimeout.
# Source: README of axios-retry on retryDelay tells of no bound ("By default there is no delay between retries").
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1 axios-retry@4.5.0 axios-retry-after@2.1.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import axios from 'axios'
import axiosRetry from 'axios-retry'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const axiosRetryAfter = require('axios-retry-after')
const version = name => require(`./node_modules/${name}/package.json`).version
process.removeAllListeners('warning')
process.on('warning', () => {}) // the overflow is told by the times below

async function sends(status, retryAfter, make) {
  const at = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      at.push(Date.now())
      response.writeHead(at.length < 4 ? status : 200, { 'retry-after': retryAfter })
      response.end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = axios.create()
  make(client)
  await Promise.race([client.put(`http://127.0.0.1:${server.address().port}/orders/51`, {}).catch(() => {}), new Promise(done => setTimeout(done, 1500))])
  server.closeAllConnections()
  server.close()
  const passed = at.at(-1) - at[0]
  console.log(`  ${status}, Retry-After: ${retryAfter}: ${at.length} sends, the last ${passed} ms after the first`)
  return at.length
}
const far = new Date(Date.now() + 40 * 86_400_000).toUTCString()
console.log(`axios-retry ${version('axios-retry')}`)
const retry = client => axiosRetry(client)
const one = await sends(503, '1', retry)
const seconds = await sends(503, '2147484', retry)
const date = await sends(503, far, retry)
console.log(`axios-retry-after ${version('axios-retry-after')}`)
const after = client => client.interceptors.response.use(null, (axiosRetryAfter.default ?? axiosRetryAfter)(client))
const other = await sends(429, '2147484', after)
const same = one === 2 && seconds === 4 && date === 4 && other === 4
console.log(same ? 'as described: the longest waits are the shortest' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
