#!/usr/bin/env bash
# The client of Upstash Redis sends a command up to five times more where its answer is lost, by default and whatever the command:
# one `INCR` counts six, one `LPUSH` puts a job into the list six times, and a `SET NX` that has won is told that it lost.
# Seen with @upstash/redis 1.39.0, no options, on Node 20 and 24: a server that executes a command and closes the connection, the first
# time: `incr` is executed twice and resolves with 2; a claim by `set(key, 'me', { nx: true })` resolves with null, and the key holds
# "me"; a queue has the job two times. Each of the first five times: `incr` resolves with 6, after about five seconds. The one sign
# of a copy is a header of the telemetry, `upstash-telemetry-retry`.
# Why it matters: functions that run per request have no socket of their own, so this client is where they keep their counters, claims and
# queues. The claim is held by one who was told that another has it: nobody works until it expires. `retry: false` and a look at the
# value after an error are what is left.
# What reads otherwise: the README of the package has retries among what its telemetry counts, and not that commands are sent again; the
# type of the option tells of the five.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent @upstash/redis@1.39.0
cat >run.mjs <<'PROGRAM'
import { Redis } from '@upstash/redis'
import { createServer } from 'node:http'

async function afterLosing(lost, act) {
  const [values, list] = [new Map(), []]
  const commands = {
    INCR: key => values.set(key, (values.get(key) ?? 0) + 1).get(key),
    LPUSH: (key, job) => list.unshift(job),
    SET: (key, value) => (values.has(key) ? null : values.set(key, value) && 'OK'),
  }
  let requests = 0
  const execute = ([name, ...rest]) => ({ result: commands[name.toUpperCase()](...rest) })
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    const sent = JSON.parse(body)
    const answer = Array.isArray(sent[0]) ? sent.map(execute) : execute(sent)
    if (++requests <= lost) return request.socket.destroy()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const redis = new Redis({ url: `http://127.0.0.1:${server.address().port}`, token: 'token' })
  const told = await act(redis).then(JSON.stringify, error => error.message)
  server.closeAllConnections()
  server.close()
  const line = `told ${told}, the server has ${JSON.stringify([...values.values(), ...list])}`
  console.log(`@upstash/redis 1.39.0, ${lost} answers lost: ${line}`)
  return line
}
const seen = [
  await afterLosing(1, redis => redis.incr('orders')),
  await afterLosing(1, redis => redis.set('claim', 'me', { nx: true })),
  await afterLosing(1, redis => redis.lpush('queue', 'order-51')),
  await afterLosing(5, redis => redis.incr('orders')),
]
const same =
  seen.join('; ') ===
  'told 2, the server has [2]; told null, the server has ["me"]; told 2, the server has ["order-51","order-51"]; told 6, the server has [6]'
console.log(same ? 'as described: one call, counted six times' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
