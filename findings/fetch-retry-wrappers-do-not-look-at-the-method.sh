#!/usr/bin/env bash
# Three wrappers that add retries to fetch do not look at the method: a POST is sent again by default after a lost
# answer, and two of them send it again after a 503, too. One of these, Adobe's, does not read Retry-After.
# Seen on Node 20 and 24 (each call watched for 2.5 s): fetch-retry 6.0.0: 4 sends after a lost answer, 1 after 503;
# @vercel/fetch-retry 5.1.3 and @adobe/node-fetch-retry 2.2.0: 4 and 5 sends after both; Adobe's second POST goes
# out about 0.1 s after a 503 with Retry-After: 60.
# Why it matters: fetch itself never repeats a POST, which is why people trust it with payments. One line of
# wrapping changes that for every call, and none of the copies carries a key unless the caller gave one.
# Source: RFC 9110 9.2.2 (no automatic retry of a method that is not idempotent without means to know better).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent fetch-retry@6.0.0 @vercel/fetch-retry@5.1.3 @adobe/node-fetch-retry@2.2.0 node-fetch@2.7.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
console.log = (print => text => (/^(as |changed| )/.test(text) ? print(text) : undefined))(console.log) // the wrappers print their retries
console.error = () => {}
const wrappers = {
  'fetch-retry 6.0.0': require('fetch-retry')(fetch, { retryDelay: 20 }),
  '@vercel/fetch-retry 5.1.3': require('@vercel/fetch-retry')(require('node-fetch')),
  '@adobe/node-fetch-retry 2.2.0': require('@adobe/node-fetch-retry'),
}
async function sends(wrapped, status, headers = {}) {
  const at = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'POST') at.push(Date.now())
      if (status === undefined) return request.socket.destroy()
      response.writeHead(status, headers).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const call = wrapped(`http://127.0.0.1:${server.address().port}/pay`, { method: 'POST', body: '{"amount":100}' }).catch(() => {})
  await Promise.race([call, new Promise(done => setTimeout(done, 2500))])
  const count = at.length
  server.closeAllConnections()
  server.close()
  return { count, secondAfterMs: at[1] - at[0] }
}
let same = true
for (const [name, wrapped] of Object.entries(wrappers)) {
  const lost = await sends(wrapped, undefined)
  const refused = await sends(wrapped, 503)
  console.log(`  ${name}: POSTs after a lost answer ${lost.count}, after a 503 ${refused.count}`)
  same &&= lost.count > 1 && (name.startsWith('fetch-retry') ? refused.count === 1 : refused.count > 1)
}
const told = await sends(wrappers['@adobe/node-fetch-retry 2.2.0'], 503, { 'retry-after': '60' })
console.log(`  @adobe/node-fetch-retry 2.2.0: after a 503 with Retry-After: 60 ${told.count}, the second ${told.secondAfterMs} ms later`)
same &&= told.secondAfterMs < 2000
console.log(same ? 'as described: the method does not count' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node --no-deprecation run.mjs
