#!/usr/bin/env bash
# Node's fetch answers a 421 by sending the whole request again by itself, POST included, and shows the second answer
# alone. `redirect`, `cache` and a caller's own retry settings have no say.
# Seen with Node 20.20.2 and 24.21.0: one fetch(POST), the server counts two; a server that answers 421 twice is
# asked twice and then shown.
# Why it matters: 421 means "this host does not do that here", and an application or gateway that says so late has
# perhaps acted. Whoever counts sends, or holds a key back for a second attempt, is off by one.
# Source: Fetch standard, HTTP-network-or-cache fetch: a 421 whose request can be sent anew is sent anew once;
# RFC 9110 15.5.20 allows it to a client "whether or not" the method is idempotent.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'

async function post(...statuses) {
  const seen = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      seen.push(`${request.method} ${body} key ${request.headers['idempotency-key']}`)
      response.writeHead(statuses[seen.length - 1]).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/pay`, { method: 'POST', body: '{"amount":100}', headers: { 'idempotency-key': 'order-51' } })
  server.closeAllConnections()
  server.close()
  console.log(`Node ${process.versions.node}: the server answers ${statuses}, reads`, seen, 'the caller is told', answer.status)
  return `${seen.length} ${answer.status}`
}
const seen = [await post(421, 201, 500), await post(421, 421, 500), await post(503, 500, 500)]
const same = seen.join() === '2 201,2 421,1 503'
console.log(same ? 'as described: one call, two POSTs' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
