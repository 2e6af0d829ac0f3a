#!/usr/bin/env bash
# "Nobody was there" and "the upstream took the request and vanished" are one status behind two proxies for Node,
# and neither status is 502: http-proxy-middleware says 504 (a time-out) for both, @fastify/http-proxy 500.
# Seen with http-proxy-middleware 3.0.11 and @fastify/http-proxy 11.6.3 on Node 20 and 24: a refused connection,
# which took 10 ms, and a POST that was read and lost. The JSON of @fastify/http-proxy differs in its `code` only.
# Why it matters: a 504 that came at once is no time-out, and a 500 of the proxy is no 500 of the application, so
# neither "it is perhaps still working" nor "it failed and stored that" follows. Only "unknown" is safe.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent express@5.3.0 http-proxy-middleware@3.0.11 fastify@5.12.8 @fastify/http-proxy@11.6.3
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import net from 'node:net'
import { createRequire } from 'node:module'
import express from 'express'
import Fastify from 'fastify'
import { createProxyMiddleware } from 'http-proxy-middleware'

const require = createRequire(import.meta.url)
const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}`)))
let read = 0
const losing = await listen(net.createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', piece => {
    if (!piece.includes('"amount"')) return
    read++
    socket.destroy()
  })
}))
const gone = net.createServer()
const refusing = await listen(gone)
await new Promise(done => gone.close(done))
const fronts = {
  'http-proxy-middleware 3.0.11': target => listen(createServer(express().use(createProxyMiddleware({ target })))),
  '@fastify/http-proxy 11.6.3': upstream => Fastify().register(require('@fastify/http-proxy'), { upstream }).listen({ port: 0, host: '127.0.0.1' }),
}
const seen = []
for (const [name, front] of Object.entries(fronts)) {
  for (const [what, target] of Object.entries({ refused: refusing, lost: losing })) {
    const url = await front(target)
    const before = read
    const answer = await fetch(`${url}/pay`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"amount":100}' })
    console.log(`${name}, ${what}: upstream read it ${read - before} times, the client is told ${answer.status} ${(await answer.text()).slice(0, 70)}`)
    seen.push(`${read - before} ${answer.status}`)
  }
}
const same = seen.join() === '0 504,1 504,0 500,1 500'
console.log(same ? 'as described: one status for both' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node --no-deprecation run.mjs
