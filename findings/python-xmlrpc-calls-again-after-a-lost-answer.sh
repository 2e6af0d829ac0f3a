#!/usr/bin/env bash
# xmlrpc.client, the XML-RPC client that comes with Python, makes a call again by itself where the connection closes before an answer,
# also on a connection that was opened for it, and hands over the second answer alone. Nothing turns it off.
# Seen with Python 3.11.2 (Debian 12), `ServerProxy(url).pay('order-51')`, no settings: the POST is read in full and the connection
# closes: a second POST with the same bytes, and its result is returned. A server that answers none gets two, and the call raises
# RemoteDisconnected. A 500: one POST. http.client below it, by itself: one.
# Why it matters: Odoo, supervisord, package indexes and banks' older gateways are called by it. One call in code that sets no retries
# is two payments, and the result does not tell.
# What reads otherwise: RFC 9110 9.2.2, a client should not send again by itself what has no idempotent method; the module's page does
# not name it.
set -eu
command -v python3 >/dev/null || {
  echo 'needs Python 3: apt-get install -y python3'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pay.py <<'PROGRAM'
import sys
import xmlrpc.client
try:
    print('returned', xmlrpc.client.ServerProxy(sys.argv[1]).pay('order-51'), end='')
except Exception as error:
    print('raised', type(error).__name__, end='')
PROGRAM
cat >plain.py <<'PROGRAM'
import http.client, sys, urllib.parse
connection = http.client.HTTPConnection(urllib.parse.urlparse(sys.argv[1]).netloc)
try:
    connection.request('POST', '/RPC2', '<methodCall/>')
    print('returned', connection.getresponse().status, end='')
except Exception as error:
    print('raised', type(error).__name__, end='')
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'
async function call(program, first) {
  const posts = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', piece => (text += piece)).on('end', () => {
      const number = posts.push(text)
      if (first === 'all lost' || (first === 'lost' && number === 1)) return request.socket.destroy()
      response.writeHead(first === '500' ? 500 : 200, { 'content-type': 'text/xml' })
      response.end(`<?xml version="1.0"?><methodResponse><params><param><value><string>ch_${number}</string></value></param></params></methodResponse>`)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const { stdout } = await promisify(execFile)(python, [program, `http://127.0.0.1:${server.address().port}`])
  server.closeAllConnections()
  server.close()
  const seen = `${posts.length} POSTs, ${posts.every(text => text === posts[0]) ? 'equal' : 'different'}, ${stdout}`
  console.log(`${execFileSync(python, ['-V'], { encoding: 'utf8' }).trim()}, ${program}, ${first}: ${seen}`)
  return seen
}
const seen = [await call('pay.py', 'lost'), await call('pay.py', 'all lost'), await call('pay.py', '500'), await call('plain.py', 'lost')]
const same = seen.join('; ') === '2 POSTs, equal, returned ch_2; 2 POSTs, equal, raised RemoteDisconnected; 1 POSTs, equal, raised ProtocolError; 1 POSTs, equal, raised RemoteDisconnected'
console.log(same ? 'as described: one call, two payments' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
