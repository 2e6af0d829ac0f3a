#!/usr/bin/env bash
# A JetStream of NATS keeps the ids of its messages (`Nats-Msg-Id`) apart from the messages, for two minutes, and for the stream,
# not the subject. A message whose id it has seen is acknowledged with a sequence number and stored nowhere: also under another
# subject, with other content, and after the first one was purged or deleted.
# Seen with nats-server 2.9.10 (Debian 12) and nats 2.29.3 on Node 20 and 24: orders.create with id order-51, then orders.cancel
# with the same id: acknowledged as sequence 1; the stream has the create alone. Purged, and published again: sequence 1, and no
# message in the stream. The same for a message that was deleted by its number. `duplicate: true` is the one sign.
# Why it matters: `await publish()` resolves, with a number, for a cancel that nobody will read. An id of the order is not an id
# of the message: put the kind into it, and look at `duplicate`. After a purge, what is published to fill it again is lost.
# What reads otherwise: the type of the answer, "seq: the sequence number of the message in the stream".
set -eu
command -v nats-server >/dev/null || {
  echo 'needs NATS: apt-get install -y nats-server'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent nats@2.29.3
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { connect, StringCodec } from 'nats'

const free = net.createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const { port } = free.address()
free.close()
await once(free, 'close')
const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', `${process.cwd()}/streams`], { stdio: 'ignore' })
process.on('exit', () => server.kill('SIGKILL'))
let connection
for (let tries = 0; tries < 100 && !connection; tries++) {
  connection = await connect({ servers: `127.0.0.1:${port}` }).catch(() => undefined)
  if (!connection) await new Promise(done => setTimeout(done, 100))
}
const manager = await connection.jetstreamManager()
const jetstream = connection.jetstream()
await manager.streams.add({ name: 'ORDERS', subjects: ['orders.>'] })
const seen = []
async function publish(name, subject, msgID, amount) {
  const { seq, duplicate } = await jetstream.publish(subject, StringCodec().encode(JSON.stringify({ amount })), { msgID })
  const { state } = await manager.streams.info('ORDERS', { subjects_filter: '>' })
  seen.push(`${seq} ${duplicate} ${state.messages}`)
  console.log(`${name}: acknowledged as ${seq}, duplicate ${duplicate}; messages in the stream: ${JSON.stringify(state.subjects ?? {})}`)
}
console.log(`nats-server ${connection.info.version}, nats 2.29.3`)
await publish('create, 20', 'orders.create', 'order-51', 20)
await publish('cancel, the same id', 'orders.cancel', 'order-51', 20)
await publish('create, 99', 'orders.create', 'order-51', 99)
await manager.streams.purge('ORDERS')
await publish('create, after a purge', 'orders.create', 'order-51', 20)
await publish('another order', 'orders.create', 'order-52', 20)
await manager.streams.deleteMessage('ORDERS', 2)
await publish('another order, after it was deleted', 'orders.create', 'order-52', 20)
await connection.close()
const same = seen.join('; ') === '1 false 1; 1 true 1; 1 true 1; 1 true 0; 2 false 1; 2 true 0'
console.log(same ? 'as described: a number for what is not there' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
