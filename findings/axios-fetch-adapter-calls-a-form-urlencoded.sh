#!/usr/bin/env bash
# The fetch adapter of axios sends FormData as multipart bytes under the type of another kind of form,
# `application/x-www-form-urlencoded` without a boundary; its http adapter says `multipart/form-data; boundary=…`.
# Seen with axios 1.21.1 on Node 20 and 24, for a POST of a FormData with one field and no content type given.
# Why it matters: a server that parses by the type finds no field, so no idempotency key among the fields either: each
# retry is new to the server, or is refused as one without a key.
# What says otherwise: the README of axios, "FormData": "To send data as `multipart/form-data`, pass a FormData instance as
# the payload." It names no adapter.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import axios from 'axios'

const seen = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', piece => (body += piece)).on('end', () => {
    seen.push({ type: request.headers['content-type'], isMultipart: body.includes('Content-Disposition: form-data; name="key"') })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const url = `http://127.0.0.1:${server.address().port}/orders`

for (const adapter of ['http', 'fetch']) {
  const form = new FormData()
  form.set('key', 'order-51')
  await axios.post(url, form, { adapter })
}
server.closeAllConnections()
server.close()

const [byHttp, byFetch] = seen
console.log(`axios ${axios.VERSION}, Node ${process.version}`, { byHttp, byFetch })
const same =
  byHttp.type.startsWith('multipart/form-data; boundary=') &&
  byHttp.isMultipart &&
  byFetch.type === 'application/x-www-form-urlencoded' &&
  byFetch.isMultipart
console.log(same ? 'as described: multipart bytes, called urlencoded' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
