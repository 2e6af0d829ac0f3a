#!/usr/bin/env bash
# The caches of two HTTP clients keep a 404 that says nothing of caching, if it has a Last-Modified: they take a tenth
# of its age for its lifetime. "The server does not know the payment" is then told from memory, for a day.
# Seen with got 14.6.6 (`cache`) and undici 7.30.2 (`interceptors.cache()`) on Node 20 and 24: a 404 with a
# Last-Modified of ten days ago, no Cache-Control; of four requests one reaches the server, which by then would say "paid".
# Why it matters: whoever asks whether a lost call was executed, and sends it again on "not found", pays twice.
# The asking has to say `no-store`, or the server.
# Source: RFC 9111 4.2.2 (heuristic freshness); RFC 9110 15.1 counts 404 and 410 among what may be kept so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent got@14.6.6 undici@7.30.2
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import got from 'got'
import { Agent, interceptors, request } from 'undici'

async function ask(get) {
  let asked = 0
  const server = createServer((_, response) => {
    const paid = ++asked > 1
    response.writeHead(paid ? 200 : 404, { 'content-type': 'application/json', 'last-modified': new Date(Date.now() - 10 * 86_400_000).toUTCString() })
    response.end(paid ? '{"status":"paid"}' : '{"status":"none"}')
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = []
  for (let times = 0; times < 4; times++) told.push(await get(`http://127.0.0.1:${server.address().port}/payments/by-key/order-51`))
  server.closeAllConnections()
  server.close()
  return { asked, told }
}
const cached = got.extend({ cache: new Map(), throwHttpErrors: false })
const dispatcher = new Agent().compose(interceptors.cache())
const seen = {
  'got 14.6.6': await ask(async url => (await cached(url)).statusCode),
  'undici 7.30.2': await ask(async url => {
    const { statusCode, body } = await request(url, { dispatcher })
    await body.text()
    return statusCode
  }),
}
console.log(seen)
const same = Object.values(seen).every(({ asked, told }) => asked === 1 && told.join() === '404,404,404,404')
console.log(same ? 'as described: asked four times, one question reached the server' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
