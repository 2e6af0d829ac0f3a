#!/usr/bin/env bash
# HAProxy says 502 for an upstream that vanished only on the first request of a client's connection. On any later one
# it closes that connection without a byte, as if to say "send it again".
# Seen with HAProxy 2.6.12 (Debian 12), mode http, defaults: the first request of a connection, a POST whose answer
# is lost: 502. The same POST as the second request: read once by the upstream, no answer at all.
# Why it matters: a browser, and every client that repeats a request whose reused connection closed, then sends the
# POST again by itself: the proxy hands a decision to software that the caller does not see. Which of the two
# happens depends on what went over the connection before.
# Source: RFC 9112 9.3.1 lets a client repeat after such a close only what has an idempotent method.
set -eu
command -v haproxy >/dev/null || {
  echo 'needs haproxy'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import net from 'node:net'

const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const free = net.createServer()
const port = await listen(free)
await new Promise(done => free.close(done))
let posts = 0
const upstream = net.createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', piece => {
    if (String(piece).startsWith('GET')) return socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
    posts++
    socket.destroy()
  })
})
const target = await listen(upstream)
writeFileSync('haproxy.cfg', `defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
listen front
  bind 127.0.0.1:${port}
  server application 127.0.0.1:${target}
`)
const haproxy = spawn('haproxy', ['-db', '-q', '-f', 'haproxy.cfg'], { stdio: 'ignore' })
process.on('exit', () => haproxy.kill('SIGKILL'))
for (let tries = 0; tries < 100 && !(await fetch(`http://127.0.0.1:${port}`).then(() => true, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
const pay = 'POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'
async function say(...requests) {
  const before = posts
  const socket = net.connect(port, '127.0.0.1')
  let last = ''
  const closed = new Promise(done => socket.on('close', done).on('error', () => {}))
  for (const request of requests) {
    last = ''
    socket.write(request)
    const answered = new Promise(done => socket.once('data', piece => done((last = String(piece).split('\r\n')[0]))))
    await Promise.race([answered, closed, new Promise(done => setTimeout(done, 4000))])
  }
  socket.destroy()
  console.log(`${requests.length === 1 ? 'first' : 'second'} request of its connection: the upstream read ${posts - before} POST, the client is told ${JSON.stringify(last)}`)
  return `${posts - before} ${last.split(' ')[1] ?? 'nothing'}`
}
const seen = [await say(pay), await say('GET /warm HTTP/1.1\r\nHost: a\r\n\r\n', pay)]
const same = seen.join() === '1 502,1 nothing'
console.log(same ? 'as described: a status first, silence later' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
