#!/usr/bin/env bash
# Two proxies for Node write their own error text behind the half answer of an upstream that broke off, and end
# it properly: the client gets 201, the first half of the JSON, a sentence of the proxy, and no error.
# Seen with http-proxy-middleware 3.0.11 and fast-proxy 2.2.0 on Node 20 and 24: the upstream answers 201 without
# a length, writes {"charge":"ch_1" and the connection is reset. The client reads, as a whole JSON answer,
# {"charge":"ch_1"Error occurred while trying to proxy: ... (or ... read ECONNRESET). Without a proxy node:http
# reports the reset.
# Why it matters: "cut" is the sign by which a client knows to read the answer again under its key. Behind these
# proxies the body is complete and wrong, and what follows is a parse error that looks like the server's fault.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent express@5.3.0 http-proxy-middleware@3.0.11 fast-proxy@2.2.0
cat >run.mjs <<'PROGRAM'
import http, { createServer } from 'node:http'
import net from 'node:net'
import { createRequire } from 'node:module'
import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'

const require = createRequire(import.meta.url)
const upstream = net.createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', piece => {
    if (!piece.includes('"amount"')) return
    socket.write('HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n{"charge":"ch_1"')
    setTimeout(() => socket.resetAndDestroy(), 100)
  })
})
const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}`)))
const target = await listen(upstream)
const fast = require('fast-proxy')({ base: target })
const pay = url => new Promise(done => {
  const failed = error => done(`rejected: ${error.message}`)
  const request = http.request(`${url}/pay`, { method: 'POST' }, answer => {
    let text = ''
    answer.on('data', piece => (text += piece)).on('error', failed)
    answer.on('end', () => done(`${answer.statusCode} ${answer.headers['content-type']} ${text}`))
  })
  request.on('error', failed).end('{"amount":100}')
})
const seen = {
  'no proxy': await pay(target),
  'http-proxy-middleware 3.0.11': await pay(await listen(createServer(express().use(createProxyMiddleware({ target }))))),
  'fast-proxy 2.2.0': await pay(await listen(createServer((request, response) => fast.proxy(request, response, request.url, {})))),
}
console.log(seen)
const [direct, ...proxied] = Object.values(seen)
const same = direct.startsWith('rejected') && proxied.every(text => /^201 application\/json \{"charge":"ch_1"(Error|read)/.test(text))
console.log(same ? 'as described: half an answer and a sentence, ended as a whole' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node --no-deprecation run.mjs
