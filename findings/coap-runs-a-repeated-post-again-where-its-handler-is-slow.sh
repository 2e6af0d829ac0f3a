#!/usr/bin/env bash
# The CoAP server of the package coap knows the repeat of a request by the answer that it has kept of it. Where the handler takes longer
# than 50 ms, and the acknowledgement goes out alone, there is none: the same POST is handed to the handler once more.
# Seen with coap 1.5.0 on Node 20 and 24: one confirmable POST, and the same datagram once more, same message id, same token, as a
# client sends when the acknowledgement is lost. A handler that answers at once: runs once, both datagrams get its answer. One that
# takes 300 ms: runs twice, with the repeat after 20 ms and after 500 ms alike, and the client is sent two different answers.
# Why it matters: the device that opens a door, dispenses or charges is slower than 50 ms, and CoAP's clients repeat by themselves after
# two to three seconds on the lossy networks that CoAP is made for. Tests with a quick handler on loopback see it done once.
# Source: RFC 7252 4.5 (a receiver acknowledges each copy of a confirmable message and should process the request only once) and 4.2
# (the message id is what duplicates are known by, for EXCHANGE_LIFETIME).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent coap@1.5.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'coap'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const wait = ms => new Promise(done => setTimeout(done, ms))
// version 1, confirmable, token of one byte; POST; message id 0x1234; token 0xaa; Uri-Path "pay"
const post = Buffer.from([0x41, 0x02, 0x12, 0x34, 0xaa, 0xb3, ...Buffer.from('pay')])
async function repeated(takesMs, afterMs) {
  let runs = 0
  const server = createServer((request, response) => {
    const run = ++runs
    const answer = () => ((response.code = '2.04'), response.end(`run ${run}`))
    if (takesMs === 0) answer()
    else setTimeout(answer, takesMs)
  })
  const free = createSocket('udp4').bind(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address()
  await new Promise(done => free.close(done))
  await new Promise(done => server.listen(port, '127.0.0.1', done))
  const client = createSocket('udp4')
  const answers = new Set()
  client.on('message', bytes => {
    const text = bytes.toString('latin1').match(/run \d/)?.[0]
    if (text) answers.add(text)
  })
  client.send(post, port, '127.0.0.1')
  await wait(afterMs)
  client.send(post, port, '127.0.0.1')
  await wait(takesMs + 400)
  client.close()
  server.close()
  const told = `${runs} runs, answers ${[...answers].join(' and ')}`
  console.log(`coap 1.5.0, a handler of ${takesMs} ms, the same datagram again after ${afterMs} ms: ${told}`)
  return told
}
const seen = [await repeated(0, 20), await repeated(300, 20), await repeated(300, 500)]
const same = seen.join('; ') === '1 runs, answers run 1; 2 runs, answers run 1 and run 2; 2 runs, answers run 1 and run 2'
console.log(same ? 'as described: a slow POST runs once for each copy' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
