#!/usr/bin/env bash
# lighttpd counts what came of a chunked answer that its upstream broke off, and sends that as an answer of this very
# Content-Length: half a JSON text, whole by every rule of HTTP. An answer that is lost altogether it calls 500.
# Seen with lighttpd 1.4.69 (Debian 12), mod_proxy, default settings, read by Node 20 and 24: the upstream says 201, sends one
# chunk of ten bytes and closes or resets: 201, `Content-Length: 10`, the ten bytes, and the connection goes on. Read in full and
# closed without a byte: 500. Nobody listens: 503. With `server.stream-response-body = 1` the cut is an error of the connection.
# Why it matters: the two signs of a cut, a missing last chunk and a length that is not reached, are both gone; only the JSON
# tells. And "500" reads as the application's own failure, which a caller may take for "it was rolled back".
# What reads otherwise: RFC 9112 8, a chunked message whose last chunk is missing is incomplete.
set -eu
command -v lighttpd >/dev/null || {
  echo 'needs lighttpd'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import net from 'node:net'

console.log(String(execFileSync('lighttpd', ['-v'])).split(' (')[0])
const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
async function freePort() {
  const free = net.createServer()
  const port = await listen(free)
  free.close()
  await once(free, 'close')
  return port
}
const upstream = net.createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', piece => {
    const path = String(piece).split(' ')[1]
    if (path === '/up') return socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
    if (path === '/lost') return socket.end()
    socket.write('HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{"charge":\r\n')
    setTimeout(() => (path === '/reset' ? socket.resetAndDestroy() : socket.destroy()), 200)
  })
})
const target = await listen(upstream)
const nobody = await freePort()
async function ask(name, settings) {
  const port = await freePort()
  writeFileSync('lighttpd.conf', `server.modules = ("mod_proxy")
server.document-root = "${process.cwd()}"
server.bind = "127.0.0.1"
server.port = ${port}
${settings}
$HTTP["url"] == "/nobody" { proxy.server = ("" => (("host" => "127.0.0.1", "port" => ${nobody}))) }
else { proxy.server = ("" => (("host" => "127.0.0.1", "port" => ${target}))) }
`)
  const lighttpd = spawn('lighttpd', ['-D', '-f', 'lighttpd.conf'], { stdio: 'ignore' })
  process.on('exit', () => lighttpd.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 100 && !(await fetch(`${url}/up`).then(answer => answer.status === 204, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
  const told = []
  for (const path of ['cut', 'reset', 'lost', 'nobody']) {
    const answer = await fetch(`${url}/${path}`, { method: 'POST', body: '{}', signal: AbortSignal.timeout(10_000) })
    const body = await answer.text().catch(() => 'broken off')
    told.push(answer.ok ? `${answer.status} length ${answer.headers.get('content-length')} ${body}` : String(answer.status))
    console.log(`${name}, ${path}: ${told.at(-1)}`)
  }
  lighttpd.kill()
  await once(lighttpd, 'exit')
  return told.join('; ')
}
const seen = [await ask('default settings', ''), await ask('stream-response-body = 1', 'server.stream-response-body = 1')]
const whole = '201 length 10 {"charge":'
const broken = '201 length null broken off'
const same = seen[0] === `${whole}; ${whole}; 500; 503` && seen[1] === `${broken}; ${broken}; 500; 503`
console.log(same ? 'as described: half an answer, whole by its length' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
