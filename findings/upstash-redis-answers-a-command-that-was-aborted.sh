#!/usr/bin/env bash
# The client of Upstash Redis, given an AbortSignal, does not reject a command that was aborted: it answers it itself, as if the
# server had, with the signal's reason read as a result. `SET key me NX` is then null, "somebody else has it", and `GET` is null,
# "there is no such key"; a reason that is a text comes back as a value.
# Seen with @upstash/redis 1.39.0 on Node 20 and 24, a server that has each command and is slow: with `AbortSignal.timeout(300)` and
# one command a request both are null; aborted with the reason "too slow", GET is a text of five letters. With commands put together,
# the default, the call rejects with "res.map is not a function". With a function in the signal's place: TimeoutError.
# Why it matters: the claim was made, and the one who made it is told that another has; nobody does the work. "Is this order known?"
# is answered with no by a time-out, and the order is made again.
# What reads otherwise: the DOM standard, by which what is aborted rejects with the reason.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @upstash/redis@1.39.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { Redis } from '@upstash/redis'

async function ask(signal, enableAutoPipelining) {
  const commands = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', piece => (text += piece)).on('end', () => {
      commands.push(JSON.parse(text).flat()[0])
      setTimeout(() => response.end('{"result":"OK"}'), 1000)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const redis = () => new Redis({ url: `http://127.0.0.1:${server.address().port}`, token: 'token', signal: signal(), enableAutoPipelining, enableTelemetry: false })
  const told = call => call.then(value => (value === null ? 'null' : `a ${typeof value} of ${String(value).length}`), error => `${error.name}: ${error.message}`)
  const seen = [await told(redis().set('order-51', 'me', { nx: true })), await told(redis().get('order-51'))]
  server.closeAllConnections()
  server.close()
  return `${commands.join()} ${seen.join(', ')}`
}
const aborted = () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort('too slow'), 300)
  return controller.signal
}
const seen = {
  'a time-out': await ask(() => AbortSignal.timeout(300), false),
  'a reason of its own': await ask(aborted, false),
  'a time-out, commands put together': await ask(() => AbortSignal.timeout(300), true),
  'a function that gives the time-out': await ask(() => () => AbortSignal.timeout(300), false),
}
console.log('@upstash/redis 1.39.0', seen)
const same = seen['a time-out'] === 'set,get null, null'
  && seen['a reason of its own'].startsWith('set,get a string of 5')
  && seen['a time-out, commands put together'] === 'set,get TypeError: res.map is not a function, TypeError: res.map is not a function'
  && /^set,get TimeoutError.*TimeoutError/.test(seen['a function that gives the time-out'])
console.log(same ? 'as described: a claim that was made is told as lost' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
