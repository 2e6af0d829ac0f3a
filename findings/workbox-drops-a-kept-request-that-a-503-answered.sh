#!/usr/bin/env bash
# The background sync of Workbox keeps a request that found no network, and sends it later. Whatever is answered then counts as
# success: a 503 with Retry-After (429, 502) takes it out of the queue for good, and its log says "successfully replayed".
# Seen with workbox-background-sync 7.4.1 on Node 20 and 24, IndexedDB by fake-indexeddb 6.2.8: orders 51 and 52 are kept; at
# the replay 51 is told 503 Retry-After: 60, 52 is told 201; the queue is empty, and 51 is sent no more. Where the replay finds
# no network, both are kept.
# Why it matters: the moment when everybody's network comes back is the one in which the server sheds load. The order was shown
# as "will be sent", it is gone, and no callback tells. An `onSync` of one's own has to look at the status and put the request
# back (`unshiftRequest`).
# What reads otherwise: the documentation says that a 5xx is no failure for the plugin, and that a `fetchDidSucceed` which throws
# makes it one; that callback is not asked at the replay.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent workbox-background-sync@7.4.1 fake-indexeddb@6.2.8
cat >run.mjs <<'PROGRAM'
import 'fake-indexeddb/auto'
import { createServer } from 'node:http'

// what the module uses of a service worker
Object.assign(globalThis, { self: globalThis, addEventListener() {}, location: { href: 'http://127.0.0.1/' } })
globalThis.registration = { scope: 'http://127.0.0.1/', sync: { register: async () => {} } }
const said = []
for (const level of ['log', 'groupCollapsed']) {
  const write = console[level].bind(console)
  console[level] = (...texts) => (String(texts[0]).includes('%cworkbox') ? said.push(String(texts.at(-1))) : write(...texts))
}
const { Queue } = await import('workbox-background-sync/Queue.js')

const statusOf = { 'order 51': 503, 'order 52': 201 }
const read = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', piece => (body += piece)).on('end', () => {
    read.push(`${body}: ${statusOf[body]}`)
    response.writeHead(statusOf[body], { 'retry-after': '60' }).end()
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const { port } = server.address()
async function keep(queue, to) {
  for (const body of Object.keys(statusOf)) await queue.pushRequest({ request: new Request(`http://127.0.0.1:${to}/orders`, { method: 'POST', body }) })
}
const answered = new Queue('answered')
await keep(answered, port)
await answered.replayRequests()
const kept = { answered: await answered.size() }
server.closeAllConnections()
await new Promise(done => server.close(done))

const unreachable = new Queue('unreachable')
await keep(unreachable, port)
await unreachable.replayRequests().catch(error => console.log('no network:', error.name))
kept.unreachable = await unreachable.size()

console.log('workbox-background-sync 7.4.1: sent', read, 'kept afterwards', kept)
console.log('it said:', said.find(text => text.includes('now empty')))
const same = read.join() === 'order 51: 503,order 52: 201' && kept.answered === 0 && kept.unreachable === 2
console.log(same ? 'as described: the order that was told 503 is gone' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
