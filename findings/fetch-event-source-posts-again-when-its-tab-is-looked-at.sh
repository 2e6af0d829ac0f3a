#!/usr/bin/env bash
# @microsoft/fetch-event-source, made to read a stream that answers a POST, ends the connection when its tab is hidden and
# sends the POST again when the tab is looked at; and once a second, without end, while connections are lost.
# Seen with @microsoft/fetch-event-source 2.0.1 on Node 20 and 24, with the four things of a page that it uses: one call, the
# tab hidden and shown twice while the answer streams: three POSTs, each with the same body and, where the caller gave one, the
# same key, and `last-event-id` only if the server numbers its events. `openWhenHidden: true`: one POST, but two and more after
# a lost connection; an `onerror` that throws ends it.
# Why it matters: the answer of a model is what is read with it, and each POST is a run that is paid for, or an order with its
# progress. Reading a mail in another tab makes it again, and all that the server hears of the first is a closed connection.
# What reads otherwise: README, that it "retries with the last event ID": of EventSource's GET that is harmless, of a POST not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @microsoft/fetch-event-source@2.0.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const page = Object.assign(new EventTarget(), { hidden: false })
Object.assign(globalThis, { window: globalThis, document: page })
const { fetchEventSource } = createRequire(import.meta.url)('@microsoft/fetch-event-source')
const turn = hidden => {
  page.hidden = hidden
  page.dispatchEvent(new Event('visibilitychange'))
}
async function posts(name, options, whenPosted) {
  const bodies = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      const number = bodies.push(`${request.method} ${body} ${request.headers['idempotency-key']}`)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: so far\n\n')
      setTimeout(() => whenPosted(number, request, response), 100)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'order-51' }
  await fetchEventSource(`http://127.0.0.1:${server.address().port}/generate`, { method: 'POST', headers, body: '{"prompt":"a film"}', ...options })
  server.closeAllConnections()
  server.close()
  console.log(`@microsoft/fetch-event-source 2.0.1, ${name}: ${bodies.length} x ${[...new Set(bodies)].join(' and ')}`)
  return `${bodies.length}, ${new Set(bodies).size}`
}
const look = (number, request, response) => {
  if (number === 3) return response.end()
  turn(true)
  setTimeout(() => turn(false), 50)
}
const lookOnce = (number, request, response) => {
  turn(true)
  turn(false)
  setTimeout(() => response.end(), 100)
}
const lose = (number, request, response) => (number === 2 ? response.end() : request.socket.destroy())
const seen = [
  await posts('looked away twice', {}, look),
  await posts('the same, openWhenHidden', { openWhenHidden: true }, lookOnce),
  await posts('connection lost once, openWhenHidden', { openWhenHidden: true }, lose),
]
const same = seen.join('; ') === '3, 1; 1, 1; 2, 1'
console.log(same ? 'as described: one call, three runs' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
