#!/usr/bin/env bash
# needle follows every redirect with a GET and no body, also 307 and 308, which were made to keep method and body. The order is not made, the
# list of orders is fetched with its headers, idempotency key included, and the call ends with 200.
# Seen with needle 3.5.0 on Node 20 and 24, `follow_max: 5`: POST /orders answered 307 or 308 with the place of the new server: GET there,
# empty, "content-type: application/json", "idempotency-key: order-51"; needle calls back with 200 and the list. fetch of Node and axios
# 1.21.1 send the POST, with its body.
# Why it matters: 308 is what gateways say for a move for good, or from http to https. From that day on no order arrives, each is told as a
# success, and a check of the status finds nothing. `follow_keep_method: true` keeps the method; compare the answer with what was sent.
# What reads otherwise: RFC 9110 15.4.8 and 15.4.9: the method must not be changed. The README names the GET, and not that it is for these.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent needle@3.5.0 axios@1.21.1
cat >run.mjs <<'PROGRAM'
import http from 'node:http'
import axios from 'axios'
import needle from 'needle'

const heard = []
const server = http.createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  const { method, url, headers } = request
  const status = Number(url.slice('/orders/'.length))
  if (status) return response.writeHead(status, { location: '/new/orders' }).end()
  heard.push(`${method} ${body || 'without a body'}, key ${headers['idempotency-key']}`)
  response.writeHead(method === 'POST' ? 201 : 200, { 'content-type': 'application/json' }).end(method === 'POST' ? '{"order":51}' : '[]')
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const origin = `http://127.0.0.1:${server.address().port}`
const order = { amount: 20 }
const headers = { 'idempotency-key': 'order-51', 'content-type': 'application/json' }
const clients = {
  needle: async url => (await needle('post', url, order, { json: true, follow_max: 5, headers })).statusCode,
  fetch: async url => (await fetch(url, { method: 'POST', body: JSON.stringify(order), headers })).status,
  axios: async url => (await axios.post(url, order, { headers })).status,
}
const seen = []
for (const status of [307, 308]) {
  for (const [name, post] of Object.entries(clients)) {
    heard.length = 0
    const told = await post(`${origin}/orders/${status}`)
    seen.push(`${name} told ${told} after ${heard.join(' and ')}`)
    console.log(`${status}: ${seen.at(-1)}`)
  }
}
server.close()
server.closeAllConnections()
const kept = name => `${name} told 201 after POST {"amount":20}, key order-51`
const expected = ['needle told 200 after GET without a body, key order-51', kept('fetch'), kept('axios')]
const same = seen.join('; ') === [...expected, ...expected].join('; ')
console.log(same ? 'as described: a list of orders in the place of an order' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
