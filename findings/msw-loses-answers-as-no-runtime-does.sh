#!/usr/bin/env bash
# MSW cannot make the failures that a client of writes must tell apart. `HttpResponse.error()` in Node rejects with
# a browser's text, "Failed to fetch", and a cause that is a Response, not an error with code and syscall; and
# an answer that is shorter than its Content-Length is whole.
# Seen with msw 2.15.0 on Node 20 and 24, each beside a real server on loopback: the real reset is "fetch failed"
# with cause { code: 'ECONNRESET', syscall: 'read' }; the real short answer rejects with "terminated".
# Why it matters: a test of "the answer was lost" or "the body was cut" that uses MSW passes with code that, on a
# real socket, takes a lost answer for a refused connection or a cut body for a result (and the other way round).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent msw@2.15.0
cat >run.mjs <<'PROGRAM'
import http from 'node:http'
import { readFileSync } from 'node:fs'
import { http as mock, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'

const { version } = JSON.parse(readFileSync('node_modules/msw/package.json', 'utf8'))
const pay = async url => {
  try {
    const answer = await fetch(url, { method: 'POST', body: '{}' })
    return `${answer.status}, body ${await answer.text()}`
  } catch (error) {
    const { cause } = error
    return `${error.message}, cause ${cause?.constructor?.name} ${cause?.code} ${cause?.syscall}`
  }
}
const server = http.createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.url === '/lost') return request.socket.resetAndDestroy()
    response.writeHead(201, { 'content-length': '30' })
    response.write('{"charge":')
    setTimeout(() => request.socket.destroy(), 50)
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const origin = `http://127.0.0.1:${server.address().port}`
const real = { lost: await pay(`${origin}/lost`), cut: await pay(`${origin}/cut`) }
server.closeAllConnections()
server.close()
const mocks = setupServer(
  mock.post('http://pay.test/lost', () => HttpResponse.error()),
  mock.post('http://pay.test/cut', () => new HttpResponse('{"charge":', { status: 201, headers: { 'content-length': '30' } })),
)
mocks.listen()
const mocked = { lost: await pay('http://pay.test/lost'), cut: await pay('http://pay.test/cut') }
mocks.close()
console.log(`Node ${process.versions.node}, real server`, real, `msw ${version}`, mocked)
const same = real.lost === 'fetch failed, cause Error ECONNRESET read' && real.cut.startsWith('terminated')
  && mocked.lost === 'Failed to fetch, cause Response undefined undefined' && mocked.cut === '201, body {"charge":'
console.log(same ? 'as described: no code to lose by, and nothing is ever cut' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
