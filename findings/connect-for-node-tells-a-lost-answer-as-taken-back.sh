#!/usr/bin/env bash
# The RPC client of Connect for Node gives a call whose answer was lost the code ABORTED, by which servers say that a transaction was taken
# back and nothing was done; over HTTP/2 CANCELED, which is what the caller did. Its client for browsers says UNKNOWN, grpc-js UNAVAILABLE.
# Seen with @connectrpc/connect, connect-node and connect-web 2.1.2 and @grpc/grpc-js 1.14.7 on Node 20 and 24: Pay is read in full and the
# connection closed or reset: connect-node over HTTP/1.1 Code.Aborted, over HTTP/2 Code.Canceled, connect-web Code.Unknown, grpc-js
# UNAVAILABLE. A server that answers `aborted` itself: Code.Aborted, the same number.
# Why it matters: the rule for ABORTED is "do the whole sequence again": read, decide, pay; and for CANCELED that nobody wants the answer any
# more. Here the payment was perhaps made: the first rule makes another one, the second forgets it.
# What reads otherwise: gRPC's page on status codes: ABORTED for a failed check of a sequence or an aborted transaction, CANCELLED
# typically by the caller.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @connectrpc/connect@2.1.2 @connectrpc/connect-node@2.1.2 @connectrpc/connect-web@2.1.2 @bufbuild/protobuf@2.17.0 @grpc/grpc-js@1.14.7
cat >run.mjs <<'PROGRAM'
import http2 from 'node:http2'
import net from 'node:net'
import { create, createFileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, file_google_protobuf_wrappers } from '@bufbuild/protobuf/wkt'
import { Code, createClient } from '@connectrpc/connect'
import * as node from '@connectrpc/connect-node'
import * as web from '@connectrpc/connect-web'
import * as grpc from '@grpc/grpc-js'

const text = '.google.protobuf.StringValue'
const file = create(FileDescriptorProtoSchema, {
  name: 'shop.proto', package: 'shop', syntax: 'proto3', dependency: ['google/protobuf/wrappers.proto'],
  service: [{ name: 'Shop', method: [{ name: 'Pay', inputType: text, outputType: text }] }],
})
const service = createFileRegistry(file, () => file_google_protobuf_wrappers).getService('shop.Shop')
const byConnect = transport => createClient(service, transport).pay({ value: 'order-51' }, { timeoutMs: 5000 }).then(() => 'OK', ({ code }) => Code[code])
const byGrpc = url => new Promise(done => {
  const client = new grpc.Client(url.replace('http://', ''), grpc.credentials.createInsecure())
  const told = error => (client.close(), done(error ? grpc.status[error.code] : 'OK'))
  client.makeUnaryRequest('/shop.Shop/Pay', Buffer.from, String, 'order-51', { deadline: Date.now() + 5000 }, told)
})
let read = 0
const overHttp1 = what => net.createServer(socket => {
  socket.on('error', () => {}).on('data', piece => {
    if (!piece.includes('order-51')) return
    read++
    if (what === 'closed') return socket.end()
    if (what === 'reset') return socket.resetAndDestroy()
    const body = '{"code":"aborted"}'
    socket.end(`HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  })
})
const overHttp2 = () => {
  let connection
  const server = http2.createServer()
  server.on('connection', socket => (connection = socket)).on('session', session => session.on('error', () => {}))
  return server.on('stream', stream => {
    stream.on('error', () => {}).resume().on('end', () => {
      read++
      connection.destroy() // the connection alone, no word of HTTP/2
    })
  })
}
const calls = {
  'connect-node, closed': [overHttp1('closed'), baseUrl => byConnect(node.createConnectTransport({ baseUrl, httpVersion: '1.1' }))],
  'connect-node, reset': [overHttp1('reset'), baseUrl => byConnect(node.createConnectTransport({ baseUrl, httpVersion: '1.1' }))],
  'connect-node, HTTP/2': [overHttp2(), baseUrl => byConnect(node.createConnectTransport({ baseUrl, httpVersion: '2' }))],
  'connect-web, closed': [overHttp1('closed'), baseUrl => byConnect(web.createConnectTransport({ baseUrl }))],
  'connect-node, the server says aborted': [overHttp1('aborted'), baseUrl => byConnect(node.createConnectTransport({ baseUrl, httpVersion: '1.1' }))],
  'grpc-js, HTTP/2': [overHttp2(), byGrpc],
}
const seen = []
for (const [name, [server, call]] of Object.entries(calls)) {
  read = 0
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = await call(`http://127.0.0.1:${server.address().port}`)
  server.close()
  console.log(`${name}: read ${read} times, told ${told}`)
  seen.push(`${read} ${told}`)
}
const same = seen.join() === '1 Aborted,1 Aborted,1 Canceled,1 Unknown,1 Aborted,1 UNAVAILABLE'
console.log(same ? 'as described: lost is told as taken back' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
