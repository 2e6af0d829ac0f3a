#!/usr/bin/env bash
# Caddy sends a POST without a body again by itself, on a connection to the upstream that it reused and that closed
# before an answer, if and only if the request has an `Idempotency-Key` header. The HTTP client of Go takes the header
# for leave to do so, whether or not the server behind honours keys.
# Seen with Caddy 2.6.2 (Debian 12), default reverse_proxy: POST /orders/51/capture, executed and its answer lost: with
# the header the upstream reads it twice and the client is told 201; without it once, 502.
# Why it matters: a client adds the header out of caution for a server that ignores it, and the header alone doubles
# the capture. Under another name (`Payment-Key`) nothing is sent again.
# Source: documentation of Go's net/http, Transport, on requests that are "considered idempotent".
set -eu
command -v caddy >/dev/null || {
  echo 'needs caddy'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'

const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const free = createServer()
const port = await listen(free)
await new Promise(done => free.close(done))
const reads = []
const upstream = createServer(socket => {
  let warm = false
  socket.on('error', () => {})
  socket.on('data', piece => {
    if (String(piece).startsWith('GET')) {
      warm = true
      return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    }
    reads.push(String(piece).split('\r\n')[0])
    if (warm) return socket.destroy() // executed; the answer is lost
    socket.write('HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\ndone')
  })
})
const target = await listen(upstream)
writeFileSync('Caddyfile', `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n  reverse_proxy 127.0.0.1:${target}\n}\n`)
const caddy = spawn('caddy', ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'], { stdio: 'ignore' })
process.on('exit', () => caddy.kill('SIGKILL'))
const url = `http://127.0.0.1:${port}`
for (let tries = 0; tries < 100 && !(await fetch(url).then(() => true, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
async function capture(headers) {
  await (await fetch(`${url}/warm`)).text()
  await new Promise(done => setTimeout(done, 100))
  const before = reads.length
  const { status } = await fetch(`${url}/orders/51/capture`, { method: 'POST', headers })
  console.log(`headers ${JSON.stringify(headers)}: the upstream read ${reads.length - before} x ${reads.at(-1)}, the client is told ${status}`)
  return `${reads.length - before} ${status}`
}
const seen = [await capture({ 'idempotency-key': 'order-51' }), await capture({}), await capture({ 'payment-key': 'order-51' })]
const same = seen.join() === '2 201,1 502,1 502'
console.log(same ? 'as described: the header is what doubles it' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
