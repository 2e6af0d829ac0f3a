#!/usr/bin/env bash
# Six ways to retry a request in Node send a body that is a stream once, and an empty one at the second try: the stream has been
# read. The server takes the empty PUT, with Content-Length: 0, for the new document, and the call resolves.
# Seen on Node 20 and 24, a PUT of a file's stream: axios 1.21.1 with axios-retry 4.5.0 and with retry-axios 4.0.3, node-fetch
# 2.7.0 with fetch-retry 6.0.0 and with @adobe/node-fetch-retry 2.2.0, gaxios 7.3.1 (each after a 503), make-fetch-happen 15.0.6
# (after a lost connection; after a 503 it does not retry a stream): what the server has in the end is nothing, told as 201.
# urllib 4.9.2 sends a stream once, ky 1.14.3 the whole of it twice.
# Why it matters: PUT is what may be repeated without a thought, and its repetition wipes the upload. Under an idempotency key it
# is another payload; a server that compares them refuses it, one that does not stores it. Give bytes, not a stream.
# Source: RFC 9110 9.2.2 (idempotent is a method whose identical requests have the effect of one).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1 axios-retry@4.5.0 retry-axios@4.0.3 node-fetch@2.7.0 fetch-retry@6.0.0 @adobe/node-fetch-retry@2.2.0 \
  gaxios@7.3.1 make-fetch-happen@15.0.6 urllib@4.9.2 ky@1.14.3
cat >run.mjs <<'PROGRAM'
import adobeFetch from '@adobe/node-fetch-retry'
import axios from 'axios'
import axiosRetry from 'axios-retry'
import fetchRetry from 'fetch-retry'
import { Gaxios } from 'gaxios'
import ky from 'ky'
import makeFetchHappen from 'make-fetch-happen'
import nodeFetch from 'node-fetch'
import { createReadStream, openAsBlob, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import * as retryAxios from 'retry-axios'
import { request } from 'urllib'

const contents = 'what the document says\n'
writeFileSync('document.txt', contents)
const stream = () => createReadStream('document.txt')
const quiet = { log() {}, warn() {}, error() {} }
Object.assign(console, { warn: quiet.warn, error: quiet.error })
const clients = {
  'axios, axios-retry': url => {
    const client = axios.create()
    axiosRetry(client)
    return client.put(url, stream())
  },
  'axios, retry-axios': url => {
    const client = axios.create()
    retryAxios.attach(client)
    return client.put(url, stream(), { raxConfig: { instance: client, retryDelay: 10, backoffType: 'static' } })
  },
  'node-fetch, fetch-retry': url => fetchRetry(nodeFetch, { retryOn: [503], retryDelay: 10 })(url, { method: 'PUT', body: stream() }),
  '@adobe/node-fetch-retry': url => adobeFetch(url, { method: 'PUT', body: stream() }),
  gaxios: url => new Gaxios().request({ url, method: 'PUT', data: stream(), retryConfig: { retry: 1 } }),
  'make-fetch-happen, lost': url => makeFetchHappen(url, { method: 'PUT', body: stream(), retry: { retries: 1, minTimeout: 10 } }),
  urllib: url => request(url, { method: 'PUT', content: stream(), retry: 1 }),
  ky: async url => ky.put(url, { body: (await openAsBlob('document.txt')).stream(), duplex: 'half', retry: 1 }),
}
const seen = []
for (const [name, put] of Object.entries(clients)) {
  const bodies = []
  const server = createServer((incoming, response) => {
    let body = ''
    incoming.on('data', piece => (body += piece)).on('end', () => {
      const number = bodies.push(body)
      if (number === 1 && name.endsWith('lost')) return incoming.socket.destroy()
      response.writeHead(number === 1 ? 503 : 201, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = await put(`http://127.0.0.1:${server.address().port}/documents/51`).then(response => response.status)
  server.closeAllConnections()
  server.close()
  const lengths = bodies.map(body => (body === contents ? 'all' : body === '' ? 'nothing' : 'a part'))
  console.log(`${name}: sent ${lengths.join(', then ')}, told ${told}`)
  seen.push(`${lengths.join()} ${told}`)
}
const same = seen.slice(0, 6).every(line => line === 'all,nothing 201') && seen[6] === 'all 503' && seen[7] === 'all,all 201'
console.log(same ? 'as described: the retry empties the document' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
