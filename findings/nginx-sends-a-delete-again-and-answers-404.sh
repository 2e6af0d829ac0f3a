#!/usr/bin/env bash
# nginx takes DELETE and PUT for safe to repeat: where the upstream executed one and vanished before its answer, nginx
# sends it to the next upstream by itself and passes on what that says, a 404, since the first did it.
# Seen with nginx 1.22.1 (Debian 12), default settings, two upstreams over one database, Node 20 and 24: the
# subscription is cancelled once, delivered twice, and the client is told 404. The same POST: one delivery, 502.
# Why it matters: "404: there is no such subscription" is taken for proof that the call did nothing. It did, a moment
# ago, by the same call. Behind such a proxy 404, 410 and 412 of a first attempt prove nothing.
# Source: nginx documentation, proxy_next_upstream: default `error timeout`, without non_idempotent (POST, LOCK, PATCH).
set -eu
command -v nginx >/dev/null || {
  echo 'needs nginx'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'

const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const free = net.createServer()
const port = await listen(free)
await new Promise(done => free.close(done))
let subscribed = true
let deliveries = 0
const application = () => http.createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.url === '/') return response.end()
    deliveries++
    if (!subscribed) return response.writeHead(404).end()
    subscribed = false
    request.socket.destroy() // executed; the answer is lost
  })
})
const upstreams = [await listen(application()), await listen(application())]
writeFileSync('nginx.conf', `daemon off; pid nginx.pid; error_log stderr crit;
events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  upstream application { ${upstreams.map(to => `server 127.0.0.1:${to};`).join(' ')} }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://application; } }
}`)
const nginx = spawn('nginx', ['-p', process.cwd(), '-c', `${process.cwd()}/nginx.conf`, '-e', 'stderr'], { stdio: 'ignore' })
process.on('exit', () => nginx.kill('SIGTERM'))
const url = `http://127.0.0.1:${port}`
for (let tries = 0; tries < 100 && !(await fetch(url).then(() => true, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
const seen = []
for (const method of ['DELETE', 'POST']) {
  subscribed = true
  deliveries = 0
  const { status } = await fetch(`${url}/subscriptions/51`, { method })
  console.log(`${method}: delivered ${deliveries} times, executed: ${!subscribed}, the client is told ${status}`)
  seen.push(`${deliveries} ${status}`)
}
const same = seen.join() === '2 404,1 502'
console.log(same ? 'as described: done, sent again, told "not found"' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
