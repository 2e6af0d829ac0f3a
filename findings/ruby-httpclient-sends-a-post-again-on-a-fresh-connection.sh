#!/usr/bin/env bash
# HTTPClient, the Ruby library below older SDKs and SOAP clients, takes every connection that closes before an answer for one that was kept
# too long, and sends the request again by itself, a POST too, also where the connection was opened for it.
# Seen with ruby-httpclient 2.8.3 and Ruby 3.1.2 (Debian 12), no settings: a POST with a body is read in full and the connection closes: a
# second POST arrives and its 201 is handed over. A server that answers none is sent two, and the call raises KeepAliveDisconnected.
# Excon 0.88.0, a POST on a kept connection: one, and an error.
# Why it matters: one call in code that sets no retries is two payments, and nothing in the result tells; the name of the error says that
# the connection was an old one, which it was not.
# What reads otherwise: RFC 9110 9.2.2, a client should not send again by itself what has no idempotent method.
set -eu
ruby -e "require 'httpclient'; require 'excon'" 2>/dev/null || {
  echo 'needs HTTPClient and Excon for Ruby: apt-get install -y ruby-httpclient ruby-excon'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pay.rb <<'PROGRAM'
require 'excon'
require 'httpclient'
url, library, before = ARGV
begin
  if library == 'HTTPClient'
    client = HTTPClient.new
    client.get(url) if before == 'kept'
    print client.post("#{url}/charges", '{}').status
  else
    client = Excon.new(url, persistent: true)
    client.get(path: '/') if before == 'kept'
    print client.post(path: '/charges', body: '{}').status
  end
rescue StandardError => error
  print error.class
end
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

async function pay(library, before, lost) {
  let posts = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'GET') return response.end('ok')
      if (++posts <= lost) return request.socket.end()
      response.writeHead(201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const { stdout } = await promisify(execFile)('ruby', ['pay.rb', `http://127.0.0.1:${server.address().port}`, library, before])
  server.closeAllConnections()
  server.close()
  const seen = `${posts} POSTs, ${stdout}`
  console.log(`${library}, a ${before} connection, ${lost === 1 ? 'one answer' : 'all answers'} lost: ${seen}`)
  return seen
}
const seen = [await pay('HTTPClient', 'fresh', 1), await pay('HTTPClient', 'kept', 1), await pay('HTTPClient', 'fresh', 9), await pay('Excon', 'kept', 1)]
const same = seen.join('; ') === '2 POSTs, 201; 2 POSTs, 201; 2 POSTs, HTTPClient::KeepAliveDisconnected; 1 POSTs, Excon::Error::Socket'
console.log(same ? 'as described: one call, two payments' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
