#!/usr/bin/env bash
# node-zendesk knows ten statuses for failures. Any other one resolves as the ticket that was to be made: 402, 413, 502, 504, 520. So does a
# 429 or 503 that has a Retry-After, which is taken out of the ten by a line of its own.
# Seen with node-zendesk 6.0.1, defaults, on Node 20 and 24: tickets.create answered 429 or 503 with JSON and Retry-After: 2 resolves, at
# once and after one POST, with `result: { statusCode: 429, result: … }`, also for the 503; 502, 504 and 402 with JSON resolve with that
# JSON. 429 and 503 without the header, 500, 409 and 422 reject.
# Why it matters: the caller stores "made" and has no number; the ticket, or the message to the customer in it, is lost where the service
# was busy for a moment, and doubled where somebody sees that the number is missing. `response.status` is there, and tells.
# What reads otherwise: RFC 9110 15.5 and 15.6, these statuses are errors.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent node-zendesk@6.0.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const zendesk = createRequire(import.meta.url)('node-zendesk')
async function create(status, headers, body) {
  let posts = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      posts++
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = zendesk.createClient({ username: 'shop', token: 'token', endpointUri: `http://127.0.0.1:${server.address().port}` })
  const told = await client.tickets.create({ ticket: { subject: 'Refund order 51' } }).then(({ result }) => `resolved ${JSON.stringify(result)}`, () => 'rejected')
  server.closeAllConnections()
  server.close()
  console.log(`node-zendesk 6.0.1, ${status} ${JSON.stringify(headers)} ${body}: ${posts} POST, ${told}`)
  return `${posts} ${told}`
}
const wait = { 'retry-after': '2' }
const body = '{"message":"busy"}'
const seen = [
  await create(201, {}, '{"ticket":{"id":51}}'),
  await create(429, wait, body), await create(503, wait, body), await create(502, {}, body), await create(504, {}, body), await create(402, {}, body),
  await create(429, {}, body), await create(503, {}, body), await create(500, {}, body), await create(409, {}, body), await create(422, {}, body),
]
const busy = `1 resolved {"statusCode":429,"result":${body}}`
const same = seen.join(' | ') === ['1 resolved {"id":51}', busy, busy, ...Array(3).fill(`1 resolved ${body}`), ...Array(5).fill('1 rejected')].join(' | ')
console.log(same ? 'as described: a refusal is a ticket' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node --no-deprecation run.mjs
