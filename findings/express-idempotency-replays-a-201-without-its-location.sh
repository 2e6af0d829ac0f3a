#!/usr/bin/env bash
# express-idempotency keeps one header of an answer, Content-Type. The replay of a 201 has no Location and no
# ETag, and a 202 no Retry-After.
# Seen with express-idempotency 1.0.6 and Express 5.3.0 on Node 20 and 24: the first answer names
# /orders/1 and its version, the replay has the same status and body and neither header (the ETag that it does
# have is Express's own hash of the body).
# Why it matters: the client that needs the replay is the one that lost the first answer. It is told "created"
# and not where, or "accepted" and not where to ask, so a lost answer cannot be followed any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent express@5.3.0 express-idempotency@1.0.6
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import express from 'express'

const require = createRequire(import.meta.url)
const { getSharedIdempotencyService, idempotency } = require('express-idempotency')
const { version } = require('./node_modules/express-idempotency/package.json')
const app = express()
app.use(idempotency())
app.post('/orders', (req, res) => {
  if (getSharedIdempotencyService().isHit(req)) return
  res.status(201).set({ location: '/orders/1', etag: '"version-1"', 'retry-after': '5', 'x-request-id': 'r1' }).send({ id: 1 })
})
const server = app.listen(0, '127.0.0.1')
await new Promise(done => server.once('listening', done))
const ask = async () => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/orders`, { method: 'POST', headers: { 'idempotency-key': 'order-51' } })
  const header = name => answer.headers.get(name)
  return { status: answer.status, body: await answer.text(), location: header('location'), etag: header('etag'), 'retry-after': header('retry-after') }
}
const first = await ask()
const replay = await ask()
server.close()
server.closeAllConnections()
console.log(`express-idempotency ${version}\nfirst `, first, '\nreplay', replay)
const same = first.location === '/orders/1' && replay.status === 201 && replay.body === first.body
  && replay.location === null && replay['retry-after'] === null && replay.etag !== first.etag
console.log(same ? 'as described: the replay does not say where' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
