#!/usr/bin/env bash
# httplib2, the HTTP client below Google's library for its APIs in Python, sends a request again by itself where the connection
# closes before an answer, a POST too, and on a connection that was opened for it.
# Seen with httplib2 0.20.4 (Debian 12), Python 3.11, no settings: a POST with a body is read in full and the connection closes: a
# second POST arrives and its 201 is handed over. A server that answers none is sent two, and the call raises. The constant of the
# module that reads like the setting, `httplib2.RETRIES`, is 2, and 1 changes nothing. Requests 2.28.1: one POST, and an error.
# Why it matters: one call in code that sets no retries is two payments, mails or rows. The option for retries that Google's library
# has, num_retries, is 0, and that is not what decides here.
# What reads otherwise: RFC 9110 9.2.2, a client should not send again by itself what has no idempotent method.
set -eu
/usr/bin/python3 -c 'import httplib2, requests' 2>/dev/null || {
  echo 'needs httplib2 and Requests: apt-get install -y python3-httplib2 python3-requests'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pay.py <<'PROGRAM'
import sys

url, library, tries = sys.argv[1:]
try:
    if library == 'httplib2':
        import httplib2

        if tries:
            httplib2.RETRIES = int(tries)
        print(httplib2.__version__, httplib2.Http(timeout=10).request(url, 'POST', body='{}')[0].status)
    else:
        import requests

        print(requests.__version__, requests.post(url, data='{}', timeout=10).status_code)
except Exception as error:
    print(sys.modules[library].__version__, type(error).__name__)
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'

async function pay(library, lost, tries = '') {
  let executed = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (++executed <= lost) return request.socket.end() // executed; the answer is lost
      response.writeHead(201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/charges`
  const told = await new Promise(done => execFile('/usr/bin/python3', ['pay.py', url, library, tries], { timeout: 20_000 }, (_, stdout) => done(stdout.trim())))
  server.closeAllConnections()
  server.close()
  console.log(`${library} ${tries && `RETRIES ${tries}`}, ${lost === 1 ? 'the first answer' : 'every answer'} lost: executed ${executed}, told ${told}`)
  return `${executed} ${told.split(' ')[1]}`
}
const seen = [await pay('httplib2', 1), await pay('httplib2', 99), await pay('httplib2', 1, '1'), await pay('requests', 1)]
const same = seen.join('; ') === '2 201; 2 RemoteDisconnected; 2 201; 1 ConnectionError'
console.log(same ? 'as described: one call, two payments' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
