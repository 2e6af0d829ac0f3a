#!/usr/bin/env bash
# Varnish keeps a 404 that says nothing of caching for two minutes and answers from memory; the request's own
# Cache-Control does not count.
# Seen with Varnish 7.1.1 (Debian 12), built-in rules: GET /payments/by-key/order-51, 404 without Cache-Control while
# the payment was on its way; the payment is made; ten more questions, each with `Cache-Control: no-cache, no-store`,
# are told 404, and one question in all reached the server. `Age` is the one sign.
# Why it matters: "not found" is what a client takes for leave to send a lost call again. Status URLs have to answer
# `Cache-Control: no-store` themselves, and an answer with an Age is none of the server.
# Source: RFC 9111 5.2.1 leaves request directives to the cache; Varnish's default_ttl is 120 s.
set -eu
command -v varnishd >/dev/null || {
  echo 'needs varnishd'
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
let asked = 0
let paid = false
const target = await listen(http.createServer((request, response) => {
  if (request.url === '/up') return response.writeHead(204, { 'cache-control': 'no-store' }).end()
  asked++
  response.writeHead(paid ? 200 : 404, { 'content-type': 'application/json' }).end(`{"paid":${paid}}`)
}))
const varnish = spawn('varnishd', ['-F', '-n', `${process.cwd()}/varnish`, '-a', `127.0.0.1:${port}`, '-b', `127.0.0.1:${target}`, '-s', 'malloc,16m'], { stdio: 'ignore' })
process.on('exit', () => varnish.kill('SIGTERM'))
const url = `http://127.0.0.1:${port}`
for (let tries = 0; tries < 200 && !(await fetch(`${url}/up`).then(answer => answer.status === 204, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
const ask = async () => {
  const answer = await fetch(`${url}/payments/by-key/order-51`, { headers: { 'cache-control': 'no-cache, no-store' } })
  return `${answer.status} age ${answer.headers.get('age')}`
}
const told = [await ask()]
paid = true
for (let times = 0; times < 10; times++) {
  await new Promise(done => setTimeout(done, 200))
  told.push(await ask())
}
console.log(`paid: ${paid}, questions that reached the server: ${asked}, told`, told)
varnish.kill('SIGTERM')
await new Promise(done => varnish.once('exit', done))
const same = asked === 1 && told.every(text => text.startsWith('404'))
console.log(same ? 'as described: paid, and "not found" from memory' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
