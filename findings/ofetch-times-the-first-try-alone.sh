#!/usr/bin/env bash
# `timeout` of ofetch, the fetch of Nuxt and Nitro, holds for the first try. A call that is sent again has no time limit from then on; and
# one whose first try ran out of time is never sent again, whatever `retry` and `retryStatusCodes` say.
# Seen with ofetch 1.5.1 on Node 20 and 24: timeout 300, retry 1: a PUT is answered 503, then nothing for 3 seconds, then 200: the call
# resolves after 3 seconds. A GET whose first answer is slow: one request, and TimeoutError after 300 ms. ky 1.14.3, timeout 300 for the
# whole call: TimeoutError after 300 ms in both.
# Why it matters: a payment with "at most ten seconds" waits for minutes behind a server that is overloaded, which is when there is a
# second try; locks and leases that were made to outlive the limit are over while the request is still on its way.
# What reads otherwise: the README of the package, which says of `timeout` that it ends the request, and of `retry` nothing of this.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent ofetch@1.5.1 ky@1.14.3
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import ky from 'ky'
import { ofetch } from 'ofetch'

const clients = {
  ofetch: (url, method) => ofetch(url, { method, retry: 1, timeout: 300 }),
  ky: (url, method) => ky(url, { method, retry: { limit: 1, delay: () => 10 }, timeout: 300 }).text(),
}
async function call(client, method, busyFirst) {
  let requests = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (++requests === 1 && busyFirst) return response.writeHead(503).end()
      setTimeout(() => response.end('done'), 3000)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const begun = Date.now()
  const told = await clients[client](`http://127.0.0.1:${server.address().port}`, method).then(() => 'resolved', error => (/timeout|timed out/i.test(error.message) ? 'timed out' : error.message))
  const seen = `${requests} sent, ${told} ${Date.now() - begun < 2500 ? 'soon' : 'after 3 s'}`
  server.closeAllConnections()
  server.close()
  console.log(`${client}, ${method}, ${busyFirst ? '503, then slow' : 'slow'}: ${seen}`)
  return seen
}
const seen = []
for (const client of Object.keys(clients)) seen.push(await call(client, 'PUT', true), await call(client, 'GET', false))
const same = seen.join('; ') === '2 sent, resolved after 3 s; 1 sent, timed out soon; 2 sent, timed out soon; 1 sent, timed out soon'
console.log(same ? 'as described: the second try has no limit' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
