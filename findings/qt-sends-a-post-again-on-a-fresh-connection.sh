#!/usr/bin/env bash
# Qt's QNetworkAccessManager sends a request again by itself where the connection closes before an answer, a POST too, and on a
# connection that was opened for it.
# Seen with Qt 5.15.8 (PyQt5 5.15.9, Debian 12), no settings: a POST with a body is read in full and the connection closes: a
# second POST arrives and the reply is 201 without an error. A server that answers none is sent two, and the reply says "remote
# host closed".
# Why it matters: a till, a kiosk or a desktop program pays twice for one click, and its reply tells of one. No option of the
# request turns that off.
# What reads otherwise: the documentation of QNetworkAccessManager has no word of it; RFC 9110 9.2.2 leaves repeats without asking
# to idempotent methods.
set -eu
/usr/bin/python3 -c 'import PyQt5.QtNetwork' 2>/dev/null || {
  echo 'needs Qt: apt-get install -y python3-pyqt5'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pay.py <<'PROGRAM'
import sys

from PyQt5.QtCore import QT_VERSION_STR, QCoreApplication, QEventLoop, QUrl
from PyQt5.QtNetwork import QNetworkAccessManager, QNetworkRequest

application = QCoreApplication([])
manager = QNetworkAccessManager()
request = QNetworkRequest(QUrl(sys.argv[1] + '/charges'))
request.setHeader(QNetworkRequest.ContentTypeHeader, 'application/json')
reply = manager.post(request, b'{}')
loop = QEventLoop()
reply.finished.connect(loop.quit)
loop.exec_()
print(QT_VERSION_STR, reply.attribute(QNetworkRequest.HttpStatusCodeAttribute), 'error', int(reply.error()))
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'

async function pay(name, lost) {
  const bodies = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      if (bodies.push(body) <= lost) return request.socket.end() // executed; the answer is lost
      response.writeHead(201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = await new Promise(done => execFile('/usr/bin/python3', ['pay.py', `http://127.0.0.1:${server.address().port}`], { timeout: 20_000 }, (_, stdout) => done(stdout.trim())))
  server.closeAllConnections()
  server.close()
  console.log(`${name}: executed ${bodies.length} (${bodies.join(' ')}), told ${told}`)
  return `${bodies.length} ${told.split(' ').slice(1).join(' ')}`
}
const seen = [await pay('the first answer is lost', 1), await pay('every answer is lost', 99)]
const same = seen.join('; ') === '2 201 error 0; 2 None error 2'
console.log(same ? 'as described: one post(), several payments' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
