#!/usr/bin/env bash
# Varnish sends a request again by itself where the connection to the upstream that it had kept closes without an answer, whatever the
# method, if it has no body: POST /orders/51/capture is executed twice. With a body it says 503.
# Seen with Varnish 7.1.1 (Debian 12), built-in rules, one upstream that keeps connections: a GET, then the POST, which is read in full and
# the connection closed: the POST arrives once more on a new connection, and the client is told its answer. DELETE: the same, and told 404,
# as the first did it. A POST of {}: once, 503.
# Why it matters: capture, cancel, confirm and refund are just the calls that have no body. No header of the answer says that there were
# two, and `max_retries=0` does not turn it off.
# What reads otherwise: RFC 9110 9.2.2, a proxy must not send again by itself what has no idempotent method.
set -eu
command -v varnishd >/dev/null || {
  echo 'needs varnishd: apt-get install -y varnish'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import http from 'node:http'
import net from 'node:net'

const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const free = net.createServer()
const port = await listen(free)
await new Promise(done => free.close(done))
let writes = 0
const upstream = http.createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.method === 'GET') return response.writeHead(200, { 'cache-control': 'no-store' }).end('ok')
    if (++writes === 1) return request.socket.end()
    response.writeHead(request.method === 'DELETE' ? 404 : 201, { 'content-length': 0 }).end()
  })
})
upstream.keepAliveTimeout = 30_000
const target = await listen(upstream)
const varnish = spawn('varnishd', ['-F', '-n', `${process.cwd()}/varnish`, '-a', `127.0.0.1:${port}`, '-b', `127.0.0.1:${target}`, '-s', 'malloc,16m'], { stdio: 'ignore' })
process.on('exit', () => varnish.kill('SIGTERM'))
const url = `http://127.0.0.1:${port}`
for (let tries = 0; tries < 200 && !(await fetch(`${url}/up`).then(({ ok }) => ok, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
async function write(method, body) {
  await (await fetch(`${url}/up`)).text() // leaves one connection to the upstream
  writes = 0
  const { status } = await fetch(`${url}/orders/51/capture`, { method, body })
  console.log(`${method}, ${body ?? 'no body'}: arrived ${writes} times, told ${status}`)
  return `${writes} ${status}`
}
const seen = [await write('POST'), await write('DELETE'), await write('POST', '{}')]
varnish.kill('SIGTERM')
await new Promise(done => varnish.once('exit', done))
const same = seen.join() === '2 201,2 404,1 503'
console.log(same ? 'as described: one capture, executed twice' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
