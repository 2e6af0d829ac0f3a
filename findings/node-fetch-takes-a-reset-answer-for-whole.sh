#!/usr/bin/env bash
# Node's fetch takes a connection that is reset in the middle of an answer without a length for the answer's end.
# `text()` resolves with what came; node:http calls the very same bytes an error ("aborted", ECONNRESET).
# Seen with Node 20.20.2 (undici 6.24) and 24.21.0 (undici 7.29): 201, half a JSON text, reset. With
# Content-Length or chunks, cut in the same place, fetch rejects too ("terminated").
# Why it matters: an application that dies behind HTTP/1.0 or `Connection: close` leaves such an answer. A cut
# list of payments, or {"status":"paid" cut behind its brace, is a complete text to fetch, so only a body that is
# checked against what it should be shows that it must be read again under its key.
# Source: RFC 9112 8: a message ended by closing is complete unless an error was seen below it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import net from 'node:net'
import http from 'node:http'

const half = '{"charge":"ch_1"'
const heads = {
  'no length': ['', half],
  'content-length': ['Content-Length: 30\r\n', half],
  chunked: ['Transfer-Encoding: chunked\r\n', `10\r\n${half}\r\n`],
}
const byHttp = url => new Promise(done => {
  const failed = error => done(`rejects: ${error.message}`)
  http.get(url, answer => {
    let text = ''
    answer.on('data', piece => (text += piece)).on('end', () => done(`resolves ${text}`)).on('error', failed)
  }).on('error', failed)
})
const byFetch = url => fetch(url).then(answer => answer.text()).then(text => `resolves ${text}`, error => `rejects: ${error.message}`)
const seen = []
for (const [name, [head, body]] of Object.entries(heads)) {
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', () => {
      socket.write(`HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n${head}\r\n${body}`)
      setTimeout(() => socket.resetAndDestroy(), 100)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/`
  const told = [await byFetch(url), await byHttp(url)]
  server.close()
  console.log(`Node ${process.versions.node}, undici ${process.versions.undici}, ${name}, reset: fetch ${told[0]}; node:http ${told[1]}`)
  seen.push(told.map(text => text.split(/[ :]/)[0]).join('/'))
}
const same = seen.join() === 'resolves/rejects,rejects/rejects,rejects/rejects'
console.log(same ? 'as described: a reset is an end' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
