#!/usr/bin/env bash
# Deno's fetch sends a POST again by itself where the connection that it reused closes before an answer, though
# the server has read the whole request. Node's fetch rejects in the same case.
# Seen with Deno 2.9.6 (npm package `deno`), beside Node 20 and 24: a GET opens the connection, the POST goes over
# it, is executed, and the server closes (FIN). Deno: the POST arrives again on a fresh connection and the promise
# resolves with the second one's answer. Node: one POST, "fetch failed".
# Why it matters: one call, no retry anywhere in the code, two executions. The idempotency key has to be on the very
# first attempt; a client with `poolMaxIdlePerHost: 0` (Deno.createHttpClient) sends once.
# Source: RFC 9110 9.2.2 (no automatic retry of a method that is not idempotent).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent deno@2.9.6
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:net'

const seen = []
const server = createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', piece => {
    const text = String(piece)
    if (text.startsWith('GET')) return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    seen.push(socket.remotePort)
    if (seen.length === 1) return socket.end() // executed; the answer is lost
    socket.write('HTTP/1.1 201 Created\r\nContent-Length: 6\r\n\r\nsecond')
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const url = `http://127.0.0.1:${server.address().port}`
await (await fetch(`${url}/warm`)).text()
await new Promise(done => setTimeout(done, 100))
const told = await fetch(`${url}/pay`, { method: 'POST', body: '{"amount":100}' }).then(async answer => `${answer.status} ${await answer.text()}`, error => `rejects: ${error.message}`)
const runtime = globalThis.Deno ? `Deno ${globalThis.Deno.version.deno}` : `Node ${process.versions.node}`
console.log(`${runtime}: POSTs read by the server ${seen.length}, told: ${told}`)
const same = globalThis.Deno ? seen.length === 2 && told === '201 second' : seen.length === 1 && told.startsWith('rejects')
console.log(same ? 'as described' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 30 node run.mjs
timeout 30 ./node_modules/.bin/deno run --quiet --allow-net=127.0.0.1 run.mjs
