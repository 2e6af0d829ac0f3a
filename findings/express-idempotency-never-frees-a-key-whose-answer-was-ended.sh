#!/usr/bin/env bash
# express-idempotency learns that a handler is done from `res.send` alone. A handler that answers by `res.end`
# or `res.redirect`, or that throws, leaves its key "in progress": every repeat is answered 409, with no end,
# since no record of the package has a lifetime.
# Seen with express-idempotency 1.0.6 and Express 5.3.0 on Node 20 and 24: the first POST gets 201 (302, 500),
# each repeat of it a 409 whose text is "A previous request is still in progress for this key."
# Why it matters: a client whose first answer was lost asks again under the same key and is told for ever that
# the work goes on. Waiting never ends, and a new key executes a second time.
# What says otherwise: its README says "Integrate idempotency feature to Express routes quickly, without efforts."
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
const answers = {
  send: res => res.status(201).send('done'),
  end: res => res.status(201).end('done'),
  redirect: res => res.redirect('/orders/1'),
  throw: () => {
    throw new Error('the handler failed')
  },
}
for (const [name, answer] of Object.entries(answers)) {
  // The README asks each handler to leave a request alone that the middleware has answered.
  app.post(`/${name}`, (req, res) => (getSharedIdempotencyService().isHit(req) ? undefined : answer(res)))
}
app.use((error, req, res, next) => {
  if (res.statusCode < 400) res.status(500)
  res.end(error.message)
})
const server = app.listen(0, '127.0.0.1')
await new Promise(done => server.once('listening', done))
const seen = {}
for (const path of Object.keys(answers)) {
  seen[path] = []
  for (let times = 0; times < 3; times++) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/${path}`, { method: 'POST', headers: { 'idempotency-key': `order-${path}` }, redirect: 'manual' })
    seen[path].push(answer.status)
    await answer.text()
  }
}
server.close()
server.closeAllConnections()
console.log(`express-idempotency ${version}: the statuses of three equal POSTs, by how the handler answered`, seen)
const same = JSON.stringify(seen) === '{"send":[201,201,201],"end":[201,409,409],"redirect":[302,409,409],"throw":[500,409,409]}'
console.log(same ? 'as described: only res.send ever ends a key' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
