#!/usr/bin/env bash
# The client of graphql-ws, without any retry part added, sends an operation that has no answer yet again when its socket
# was lost and a new one is open. It makes no difference between a subscription, which is meant, and a mutation.
# Seen with graphql-ws 6.4.2 and ws 8.23.0 on Node 20 and 24, no options: `mutation { pay }` is executed, the socket breaks
# before the answer; the client connects again and sends the same mutation, under the same operation id; it is executed
# again, and the caller is given the second payment. With `retryAttempts: 0` it is sent once and ends as an error.
# Why it matters: a deploy closes all sockets of a server at once, and every payment that was under way is made again by
# clients in whose code nothing says "retry".
# What reads otherwise: the types of the package, retryAttempts: how often the client is to reconnect; not what it sends then.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent graphql-ws@6.4.2 graphql@16.15.0 ws@8.23.0
cat >run.mjs <<'PROGRAM'
import { once } from 'node:events'
import { createClient } from 'graphql-ws'
import { WebSocket, WebSocketServer } from 'ws'

async function pay(options) {
  const executed = []
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'graphql-transport-ws' })
  await once(server, 'listening')
  server.on('connection', socket =>
    socket.on('message', text => {
      const { type, id, payload } = JSON.parse(text)
      if (type === 'connection_init') return socket.send('{"type":"connection_ack"}')
      if (type !== 'subscribe') return
      const number = executed.push(`${id} ${payload.query}`)
      if (number === 1) return socket.terminate()
      socket.send(JSON.stringify({ id, type: 'next', payload: { data: { pay: { id: number } } } }))
      socket.send(JSON.stringify({ id, type: 'complete' }))
    }),
  )
  const client = createClient({ url: `ws://127.0.0.1:${server.address().port}`, webSocketImpl: WebSocket, ...options })
  const told = await new Promise(done => {
    let last
    client.subscribe(
      { query: 'mutation { pay(amount: 100) { id } }' },
      { next: result => (last = JSON.stringify(result)), error: () => done('an error'), complete: () => done(last) },
    )
  })
  await client.dispose()
  server.close()
  console.log(`graphql-ws 6.4.2 ${JSON.stringify(options)}: executed ${executed.length}, same id: ${executed[0] === executed[1]}, told ${told}`)
  return { executed: executed.length, told }
}
const byDefault = await pay({})
const off = await pay({ retryAttempts: 0 })
const same = byDefault.executed === 2 && byDefault.told.includes('"id":2') && off.executed === 1 && off.told === 'an error'
console.log(same ? 'as described: two payments for one mutation' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
