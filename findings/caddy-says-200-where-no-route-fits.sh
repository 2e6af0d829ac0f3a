#!/usr/bin/env bash
# Caddy answers a request that no route of the site takes with 200 and nothing, whatever its method.
# Seen with Caddy 2.6.2 (Debian 12): a site with `handle_path /api/*` alone. POST /api/orders reaches the application:
# 201. POST /orders, the prefix forgotten, reaches nobody: 200, no body, no type. nginx, HAProxy and httpd say 404.
# Why it matters: a client whose base URL is wrong takes each call for executed, and nothing ever was. `handle { respond
# 404 }` at the end of the site says what is true.
# Source: Caddy's documentation of routes; RFC 9110 15.3.1 (200: the request has succeeded).
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
import http from 'node:http'
import net from 'node:net'

const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const free = net.createServer()
const port = await listen(free)
await new Promise(done => free.close(done))
let orders = 0
const target = await listen(http.createServer((request, response) => {
  if (request.method === 'POST') orders++
  response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
}))
writeFileSync('Caddyfile', `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  handle_path /api/* {
    reverse_proxy 127.0.0.1:${target}
  }
}
`)
const caddy = spawn('caddy', ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'], { stdio: 'ignore' })
process.on('exit', () => caddy.kill('SIGKILL'))
const url = `http://127.0.0.1:${port}`
for (let tries = 0; tries < 100 && !(await fetch(url).then(() => true, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
const post = async path => {
  const before = orders
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  const told = `${answer.status} ${JSON.stringify(await answer.text())}, orders: ${orders - before}`
  console.log(`POST ${path}: ${told}`)
  return told
}
const seen = [await post('/api/orders'), await post('/orders')]
const same = seen.join('; ') === '201 "{}", orders: 1; 200 "", orders: 0'
console.log(same ? 'as described: success, of nobody' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
