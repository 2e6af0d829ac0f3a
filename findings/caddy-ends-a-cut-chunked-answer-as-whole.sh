#!/usr/bin/env bash
# Caddy adds the last chunk to a chunked answer that its upstream broke off. What the client reads is half a JSON text
# in a message that is complete.
# Seen with Caddy 2.6.2 (Debian 12), default reverse_proxy, read by Node 20 and 24: the upstream writes one chunk of
# its 201 and closes. Directly fetch rejects ("terminated"), behind Caddy it resolves with the half. A body with
# Content-Length, cut at the same place, is cut behind Caddy too.
# Why it matters: an application that dies while it writes is the moment after execution. The client sees a whole 201
# with a broken text, so it must take JSON that does not parse for "cut: read again", not for a fault of the server.
# Source: RFC 9112 8 (a chunked message without its last chunk is incomplete).
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
const half = '{"charge":"ch_1"'
const framings = { chunked: `Transfer-Encoding: chunked\r\n\r\n10\r\n${half}\r\n`, length: `Content-Length: 30\r\n\r\n${half}` }
const upstream = createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', piece => {
    const framing = framings[/^POST \/(\w+)/.exec(String(piece))?.[1]]
    if (framing === undefined) return socket.end('HTTP/1.1 204 No Content\r\n\r\n')
    socket.write(`HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n${framing}`)
    setTimeout(() => socket.end(), 100)
  })
})
const target = await listen(upstream)
writeFileSync('Caddyfile', `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n  reverse_proxy 127.0.0.1:${target}\n}\n`)
const caddy = spawn('caddy', ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'], { stdio: 'ignore' })
process.on('exit', () => caddy.kill('SIGKILL'))
for (let tries = 0; tries < 100 && !(await fetch(`http://127.0.0.1:${port}`).then(() => true, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
const seen = []
for (const framing of Object.keys(framings)) {
  for (const [name, to] of [['direct', target], ['Caddy', port]]) {
    const told = await fetch(`http://127.0.0.1:${to}/${framing}`, { method: 'POST' }).then(async answer => `resolves ${answer.status} ${await answer.text()}`).catch(error => `rejects: ${error.message}`)
    console.log(`${framing}, ${name}: ${told}`)
    seen.push(told.startsWith('resolves'))
  }
}
const same = seen.join() === 'false,true,false,false'
console.log(same ? 'as described: Caddy makes half an answer a whole message' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
