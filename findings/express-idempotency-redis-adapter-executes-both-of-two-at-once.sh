#!/usr/bin/env bash
# express-idempotency keeps its keys in memory, or in Redis by an adapter, for more than one server. With Redis a key is looked for
# and then written: of two equal requests that come at once both find none, and both are executed. In memory one is.
# Seen with express-idempotency 1.0.6, express-idempotency-redis-adapter 1.0.8 and Express 5.3.0 on Redis 7.0.15, Node 20 and 24: two
# POSTs under one key, at once, to one process, while Redis is busy for half a second (without, every other time): both are executed, and are
# told 201 with a charge each. With the memory of the package: one 201, one 409. A third request, later, is not executed in either
# case.
# Why it matters: the double click is the case that the middleware is there for, and the step from memory to Redis, made for safety,
# takes it out. Each test with requests one after the other passes.
# What says otherwise: README of the adapter, it "will take care of everything required to store data" of the middleware, which has an
# answer of its own, 409, for a key that is in progress.
set -eu
command -v redis-server >/dev/null || { echo 'needs redis-server: apt-get install redis-server'; exit 1; }
folder=$(mktemp -d)
redis=''
trap '[ -z "$redis" ] || kill "$redis"; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent express@5.3.0 express-idempotency@1.0.6 express-idempotency-redis-adapter@1.0.8
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' >/dev/null &
redis=$!
until [ -S "$folder/redis.sock" ]; do sleep 0.1; done
cat >run.cjs <<'PROGRAM'
const express = require('express')
const idempotency = require('express-idempotency')
const RedisAdapter = require('express-idempotency-redis-adapter').default
const { createClient } = require('@redis/client')

async function twoAtOnce(name, options, slow) {
  let charges = 0
  const app = express()
  app.use(express.json(), idempotency.idempotency(options))
  app.post('/charges', async (request, response) => {
    if (idempotency.getSharedIdempotencyService().isHit(request)) return
    const charge = ++charges
    await new Promise(done => setTimeout(done, 200))
    response.status(201).send({ charge })
  })
  app.use((error, request, response, next) => response.send())
  const server = await new Promise(done => {
    const listening = app.listen(0, '127.0.0.1', () => done(listening))
  })
  const post = async () => {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/charges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'order-51' },
      body: '{"amount":20}',
    })
    return `${answer.status} ${await answer.text()}`.trim()
  }
  await slow?.()
  const answers = (await Promise.all([post(), post()])).sort()
  const atOnce = charges
  const later = await post()
  server.closeAllConnections()
  server.close()
  const seen = `${atOnce} executed, ${answers.join(' and ')}; later ${later.slice(0, 3)}, ${charges} executed`
  console.log(`${name}: ${seen}`)
  return seen
}
async function main() {
  const connectionInstance = createClient({ socket: { path: process.argv[2] } })
  const adapter = new RedisAdapter({ connectionInstance })
  await adapter.connect()
  const memory = await twoAtOnce('in memory', {})
  const redis = await twoAtOnce('express-idempotency-redis-adapter 1.0.8', { dataAdapter: adapter }, () => connectionInstance.sendCommand(['CLIENT', 'PAUSE', '500']))
  await adapter.disconnect()
  const same = memory === '1 executed, 201 {"charge":1} and 409; later 201, 1 executed'
    && redis === '2 executed, 201 {"charge":1} and 201 {"charge":2}; later 201, 2 executed'
  console.log(same ? 'as described: two at once, two charges' : 'changed')
  process.exit(same ? 0 : 1)
}
main()
PROGRAM
timeout 60 node run.cjs "$folder/redis.sock"
