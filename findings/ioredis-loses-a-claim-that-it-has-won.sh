#!/usr/bin/env bash
# ioredis sends a command again by itself when the connection is lost before its answer. `SET key me NX`, the usual
# claim, is then executed twice: the first one wins, and the answer that the caller gets is the second one's null.
# Seen with ioredis 6.0.0, default options but for the ready check, on Node 20 and 24: the store holds "me" and
# the caller is told null, "somebody else has it"; INCR counts 2 for one call. redis 6.3.1 rejects in both cases.
# Why it matters: a runner that is told null leaves the work to the winner, which is itself, so nobody does it
# until the claim runs out; and a counter or an LPUSH is doubled. `autoResendUnfulfilledCommands: false`, or a
# read of the claim's value after null, is needed.
# What reads otherwise: README of ioredis, it is resent where there are "unfulfilled commands (most likely blocking
# commands such as `brpop` and `blpop`)".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent ioredis@6.0.0 redis@6.3.1
cat >run.mjs <<'PROGRAM'
import net from 'node:net'
import Redis from 'ioredis'
import { createClient } from 'redis'

// A small store that speaks the protocol of Redis and loses the answer to the first write it is told to lose.
async function startStore() {
  const kept = new Map()
  const writes = []
  let losing = true
  const answer = (name, [key, value, ...options]) => {
    if (name !== 'set' && name !== 'incr') return '+OK\r\n'
    writes.push([name, key, value, ...options].filter(Boolean).join(' '))
    if (name === 'incr') kept.set(key, (kept.get(key) ?? 0) + 1)
    else if (kept.has(key) && options.includes('NX')) return '$-1\r\n'
    else kept.set(key, value)
    return name === 'incr' ? `:${kept.get(key)}\r\n` : '+OK\r\n'
  }
  const server = net.createServer(socket => {
    let unread = ''
    socket.on('error', () => {})
    socket.on('data', piece => {
      unread += piece
      for (;;) {
        const lines = unread.split('\r\n')
        const count = Number(lines[0].slice(1))
        if (lines.length < 2 * count + 2) return
        const words = Array.from({ length: count }, (_, index) => lines[2 + 2 * index])
        unread = lines.slice(2 * count + 1).join('\r\n')
        const name = words[0].toLowerCase()
        const told = answer(name, words.slice(1))
        if (losing && (name === 'set' || name === 'incr')) {
          losing = false
          return socket.destroy()
        }
        socket.write(told)
      }
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  return { port: server.address().port, kept, writes, loseNext: () => (losing = true) }
}
async function run(name, connect, claim) {
  const store = await startStore()
  const client = await connect(store.port)
  const told = error => `rejects: ${error.message}`
  const claimed = await claim(client).catch(told)
  store.loseNext()
  const counted = await client.incr('n').catch(told)
  console.log(`${name}: claim -> ${claimed}, incr -> ${counted}`, store.writes, 'kept', [...store.kept])
  return { claimed, counted, writes: store.writes.length, owner: store.kept.get('claim') }
}
const io = await run('ioredis 6.0.0', async port => {
  const client = new Redis(port, '127.0.0.1', { enableReadyCheck: false })
  return client.on('error', () => {})
}, client => client.set('claim', 'me', 'PX', 10_000, 'NX'))
const node = await run('redis 6.3.1', async port => {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  await client.on('error', () => {}).connect()
  return client
}, client => client.set('claim', 'me', { PX: 10_000, NX: true }))
const same = io.claimed === null && io.owner === 'me' && io.counted === 2 && io.writes === 4 && node.writes === 2 && String(node.claimed).startsWith('rejects')
console.log(same ? 'as described: the winner is told that it lost' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
