#!/usr/bin/env bash
# nginx's proxy_cache gives a kept answer again with the Date of now and without Age: it cannot be told from a new one.
# Seen with nginx 1.22.1 (Debian 12), `proxy_cache` and `proxy_cache_valid any 1m`: a status URL says 404, the payment is
# made, and a second later nginx says 404 again, no Age, its Date a second later than that of the first answer, though
# the question says `Cache-Control: no-cache`. The upstream saw one question.
# Why it matters: a client that takes "not found" for an answer of now, because it is dated now, sends a payment again
# that was made. RFC 9111 has a cache say how old its answer is; here the one sign is one that the owner has to add
# (`add_header X-Cache-Status $upstream_cache_status`), or not to keep what the client wants anew (`proxy_cache_bypass`).
# Source: RFC 9111 4 and 5.1 (a cache MUST generate an Age header field); nginx documentation, proxy_cache_bypass.
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
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'

const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const free = net.createServer()
const port = await listen(free)
await new Promise(done => free.close(done))
let asked = 0
let paid = false
const target = await listen(http.createServer((request, response) => {
  if (request.url === '/up') return response.writeHead(204, { 'cache-control': 'no-store' }).end()
  asked++
  response.writeHead(paid ? 200 : 404, { 'content-type': 'application/json' }).end(`{"paid":${paid}}`)
}))
const here = process.cwd()
for (const name of ['cache', 'temp']) mkdirSync(name)
for (const path of ['.', 'cache', 'temp']) chmodSync(path, 0o777)
writeFileSync('nginx.conf', `daemon off; master_process off; pid ${here}/pid; error_log ${here}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${here}/temp; proxy_temp_path ${here}/temp; fastcgi_temp_path ${here}/temp; uwsgi_temp_path ${here}/temp; scgi_temp_path ${here}/temp;
  proxy_cache_path ${here}/cache keys_zone=answers:1m;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${target}; proxy_cache answers; proxy_cache_valid any 1m; }
  }
}
`)
const nginx = spawn('nginx', ['-c', `${here}/nginx.conf`, '-e', `${here}/error.log`], { stdio: 'ignore' })
process.on('exit', () => nginx.kill('SIGKILL'))
const url = `http://127.0.0.1:${port}`
for (let tries = 0; tries < 100 && !(await fetch(`${url}/up`).then(answer => answer.status === 204, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
const ask = async () => {
  const { status, headers } = await fetch(`${url}/payments/order-51`, { headers: { 'cache-control': 'no-cache' } })
  return { status, age: headers.get('age'), at: Date.parse(headers.get('date')) }
}
const first = await ask()
paid = true
await new Promise(done => setTimeout(done, 1_500))
const second = await ask()
console.log(`${first.status}; the payment is made; ${second.status}, Age ${second.age}, dated ${second.at > first.at ? 'later' : 'as before'}; questions that arrived: ${asked}`)
const same = first.status === 404 && second.status === 404 && second.age === null && second.at > first.at && asked === 1
console.log(same ? 'as described: an old answer, dated now' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
