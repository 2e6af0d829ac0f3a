#!/usr/bin/env bash
# Plivo's SDK makes a phone call again by itself where the answer is a 5xx, twice, at once, with nothing on the wire that tells the three
# apart. Its code has a list of three hosts for that, which are one host three times. Messages are sent once.
# Seen with plivo 4.79.0, no settings, on Node 20 and 24: calls.create answered 500, 502 or 504: three POSTs of the same bytes to one host
# within half a second, and the call rejects with the last one's answer; 502 and then 201: it resolves with the second. messages.create:
# one POST. No option turns it off.
# Why it matters: a gateway's 502 or 504 says nothing of whether the call was placed. The telephone of one customer rings three times,
# with the same announcement or the same code, and each of them is paid for; the caller's own retry makes it six.
# What reads otherwise: the README of the package, which names no retries.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent plivo@4.79.0
cat >run.cjs <<'PROGRAM'
const http = require('node:http')
const https = require('node:https')

let posts = []
let answers
const server = http.createServer((request, response) => {
  let text = ''
  request.on('data', piece => (text += piece)).on('end', () => {
    posts.push({ host: request.headers['x-was-for'], text, key: Object.keys(request.headers).find(name => /idempot|request-id|retry/i.test(name)) })
    const status = answers[Math.min(posts.length, answers.length) - 1]
    response.writeHead(status, { 'content-type': 'application/json' }).end(status === 201 ? '{"request_uuid":"call-2"}' : '{"error":"bad gateway"}')
  })
})
server.listen(0, '127.0.0.1', async () => {
  // The SDK has its hosts inside; what it sends to them is led here, and the host is written down.
  https.request = (options, answered) =>
    http.request({ ...options, protocol: 'http:', hostname: '127.0.0.1', host: '127.0.0.1', port: server.address().port, agent: undefined, headers: { ...options.headers, 'x-was-for': options.hostname ?? options.host } }, answered)
  const { Client } = require('plivo')
  const client = new Client('MAXXXXXXXXXXXXXXXXXX', 'token')
  const calls = {
    call: () => client.calls.create('14150000001', '14150000002', 'https://shop.test/answer'),
    message: () => client.messages.create({ src: '14150000001', dst: '14150000002', text: 'Order 51' }),
  }
  const seen = []
  for (const [what, given] of [['call', [500]], ['call', [502]], ['call', [504]], ['call', [502, 201]], ['message', [502]]]) {
    posts = []
    answers = given
    const begun = Date.now()
    const told = await calls[what]().then(() => 'resolved', () => 'rejected')
    const line = `${posts.length} POSTs, ${new Set(posts.map(({ host }) => host)).size} hosts, ${new Set(posts.map(({ text }) => text)).size} text, ${posts.some(({ key }) => key) ? 'a key' : 'no key'}, ${told}`
    console.log(`plivo 4.79.0, ${what}, answered ${given}: ${line}, ${Date.now() - begun} ms`)
    seen.push(line)
  }
  const again = '3 POSTs, 1 hosts, 1 text, no key, rejected'
  const same = seen.join('; ') === [again, again, again, '2 POSTs, 1 hosts, 1 text, no key, resolved', '1 POSTs, 1 hosts, 1 text, no key, rejected'].join('; ')
  console.log(same ? 'as described: one call, three rings' : 'changed')
  process.exit(same ? 0 : 1)
})
PROGRAM
timeout 60 node --no-deprecation run.cjs
