#!/usr/bin/env bash
# fetch over undici's RetryAgent cannot send a body twice. A PUT of a text is never sent again: what was a 503 or a lost answer
# becomes an error of one's own making. A PUT of a stream is sent again with nothing in it.
# Seen with undici 7.30.2, RetryAgent with its defaults, by undici's fetch and (setGlobalDispatcher) by that of Node 20 and 24: a
# PUT of a string answered 503: one send, "fetch failed", cause "Request body length does not match content-length header"; the
# same after a lost connection, and where the body is a FormData. A stream: the second PUT has Content-Length: 0, and the call
# resolves with its 201. undici's `request` with a string: sent twice, whole.
# Why it matters: the agent is put in for the whole process so that calls survive a bad moment. A text's call fails where it would
# have been told 503, with its outcome hidden behind a length; a stream's call overwrites the document with nothing.
# What says otherwise: undici's documentation of RetryHandler, that it knows a stateful body (a stream, an AsyncIterable) and does
# not retry it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent undici@7.30.2
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { Agent, fetch as undiciFetch, request, RetryAgent, setGlobalDispatcher } from 'undici'

const dispatcher = new RetryAgent(new Agent())
setGlobalDispatcher(dispatcher)
const text = 'what the document says'
const form = () => {
  const data = new FormData()
  data.set('says', text)
  return data
}
const stream = () => new Blob([text]).stream()
const put = send => async (url, body) => (await send(url, { method: 'PUT', body, duplex: 'half' })).status
const ways = {
  'undici.fetch': put((url, options) => undiciFetch(url, { ...options, dispatcher })),
  'fetch of Node': put(fetch),
  'undici.request': async (url, body) => (await request(url, { method: 'PUT', body, dispatcher })).statusCode,
}
async function twice(way, kind, body, first) {
  const sent = []
  const server = createServer((incoming, response) => {
    let read = ''
    incoming.on('data', piece => (read += piece)).on('end', () => {
      sent.push(read.includes(text) ? 'all' : read === '' ? 'nothing' : 'a part')
      if (sent.length === 1 && first === 'lost') return incoming.socket.destroy()
      response.writeHead(sent.length === 1 ? first : 201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = await ways[way](`http://127.0.0.1:${server.address().port}/documents/51`, body).catch(error => error.cause?.message ?? error.message)
  server.closeAllConnections()
  server.close()
  console.log(`${way}, ${kind}, first ${first}: sent ${sent.join(', then ')}; told ${told}`)
  return `${sent.join()}: ${told}`
}
const seen = []
for (const way of ['undici.fetch', 'fetch of Node']) {
  seen.push(await twice(way, 'text', text, 503), await twice(way, 'text', text, 'lost'), await twice(way, 'stream', stream(), 503))
}
seen.push(await twice('fetch of Node', 'form', form(), 503), await twice('undici.request', 'text', text, 503))
const mismatch = 'all: Request body length does not match content-length header'
const emptied = 'all,nothing: 201'
const same = seen.join('; ') === [mismatch, mismatch, emptied, mismatch, mismatch, emptied, mismatch, 'all,all: 201'].join('; ')
console.log(same ? 'as described: no body a second time' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
