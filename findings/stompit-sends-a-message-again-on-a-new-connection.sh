#!/usr/bin/env bash
# stompit's channels, its way to send that outlives a broken connection, send a message again on the next one where the receipt of the
# first was lost. The broker has it twice, and the sender is told once that all went well.
# Seen with stompit 1.0.0 (ChannelPool over ConnectFailover), beside @stomp/stompjs 7.5.0, on Node 20 and 24: a broker that takes a
# SEND and closes the connection before its RECEIPT: a second SEND of the same headers and body on a new connection; the callback has
# no error. The receipt's number is 1 in both and belongs to the connection. stompjs sends once, and never calls the receipt's
# callback.
# Why it matters: one `channel.send` of an order is two orders in the queue, when the broker restarts. STOMP has no id for it: put one
# into the message, made by the sender, before it is sent.
# What reads otherwise: the README, "message publishing across failure events", which can be read as: once. It has no word of a
# second.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent stompit@1.0.0 @stomp/stompjs@7.5.0 ws@8.23.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { Client } from '@stomp/stompjs'
import { WebSocket, WebSocketServer } from 'ws'

const stompit = createRequire(import.meta.url)('stompit')
const frame = (command, headers) => `${command}\n${Object.entries(headers).map(([name, value]) => `${name}:${value}\n`).join('')}\n\0`
function broker(write, close) {
  const taken = []
  return {
    taken,
    read(text) {
      const [command, ...lines] = text.trimStart().split('\n')
      if (command === 'CONNECT' || command === 'STOMP') write()(frame('CONNECTED', { version: '1.2' }))
      if (command !== 'SEND') return
      const receipt = lines.find(line => line.startsWith('receipt:'))?.slice(8)
      taken.push(`${text.split('\n\n')[1]} receipt ${receipt}`)
      if (taken.length === 1) close()
      else write()(frame('RECEIPT', { 'receipt-id': receipt }))
    },
  }
}
let current
const tcp = broker(() => text => current.write(text), () => current.destroy())
const server = createServer(socket => {
  let rest = ''
  socket.on('error', () => {})
  socket.on('data', piece => {
    rest += piece
    for (let end = rest.indexOf('\0'); end >= 0; end = rest.indexOf('\0')) {
      const text = rest.slice(0, end)
      rest = rest.slice(end + 1)
      current = socket
      tcp.read(text)
    }
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const failover = new stompit.ConnectFailover([{ host: '127.0.0.1', port: server.address().port, connectHeaders: { host: '/' } }], { initialReconnectDelay: 10 })
const told = await new Promise((done, failed) => {
  new stompit.ChannelPool(failover).channel((error, channel) => {
    if (error) return failed(error)
    channel.send({ destination: '/queue/orders' }, 'order-51', lost => done(lost ? lost.message : 'no error'))
  })
})
console.log('stompit 1.0.0: the broker has', tcp.taken, 'the sender is told:', told)

globalThis.WebSocket = WebSocket
let webSocket
const web = broker(() => text => webSocket.send(text), () => webSocket.terminate())
const webServer = new WebSocketServer({ port: 0, host: '127.0.0.1' })
let connections = 0
const again = new Promise(done => {
  webServer.on('connection', socket => {
    socket.on('message', text => {
      webSocket = socket
      web.read(`${text}`.replace('\0', ''))
    })
    if (++connections === 2) setTimeout(done, 1000)
  })
})
await new Promise(done => webServer.once('listening', done))
let receipts = 0
const client = new Client({ brokerURL: `ws://127.0.0.1:${webServer.address().port}`, reconnectDelay: 10 })
client.onConnect = () => {
  if (connections > 1) return
  client.watchForReceipt('1', () => receipts++)
  client.publish({ destination: '/queue/orders', body: 'order-51', headers: { receipt: '1' } })
}
client.activate()
await again
console.log('@stomp/stompjs 7.5.0: the broker has', web.taken, 'receipts:', receipts, 'connections:', connections)
const same = tcp.taken.join() === 'order-51 receipt 1,order-51 receipt 1' && told === 'no error'
  && web.taken.join() === 'order-51 receipt 1' && receipts === 0
console.log(same ? 'as described: one send, two orders' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
