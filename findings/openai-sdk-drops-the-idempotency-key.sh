#!/usr/bin/env bash
# The official SDKs of OpenAI and Lithic take `idempotencyKey` in the options of a call and send it nowhere:
# no header, no field. A POST that is answered 500 goes out again twice, each time without any key.
# Seen with openai 7.59.0 and lithic 0.145.0 on Node 20 and 24: 3 POSTs for one call, "order-51" in none.
# Why it matters: whoever passes the key believes that the SDK's own retries cannot act twice. Nothing on the
# wire lets a server tell the second POST from a second order; the key must be given as a header instead.
# What says otherwise: the types of openai (internal/request-options.d.ts) call the option "A unique key for
# this request to enable idempotency."; those of @anthropic-ai/sdk, of the same generator, say since 1.14.0
# that theirs has no effect.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent openai@7.59.0 lithic@0.145.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import OpenAI from 'openai'
import Lithic from 'lithic'

const version = name => createRequire(import.meta.url)(`./node_modules/${name}/package.json`).version

async function posts(call) {
  const seen = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      seen.push({ method: request.method, url: request.url, keyed: JSON.stringify([request.headers, request.url, body]).includes('order-51') })
      response.writeHead(seen.length < 3 ? 500 : 200, { 'content-type': 'application/json', 'retry-after-ms': '10' })
      response.end('{"id":"x"}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  await call(`http://127.0.0.1:${server.address().port}`)
  server.closeAllConnections()
  server.close()
  return seen
}

const options = { idempotencyKey: 'order-51' }
const seen = {
  openai: await posts(baseURL => new OpenAI({ apiKey: 'k', baseURL }).vectorStores.create({ name: 'n' }, options)),
  lithic: await posts(baseURL => new Lithic({ apiKey: 'k', baseURL }).cards.create({ type: 'VIRTUAL' }, options)),
}
let same = true
for (const [name, requests] of Object.entries(seen)) {
  console.log(`${name} ${version(name)}: ${requests.length} requests`, requests)
  same &&= requests.length === 3 && requests.every(({ method, keyed }) => method === 'POST' && !keyed)
}
console.log(same ? 'as described: sent three times, never with the key' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
