#!/usr/bin/env bash
# Vonage's SDK has an error for "all messages failed" and one for "some failed". The first is never thrown: the number of messages comes
# as a text, and is compared with a number. A message that was refused is told as one that went out in part.
# Seen with @vonage/sms 1.24.1 on Node 20 and 24, answers as Vonage's documentation has them ("message-count": "1"): one message, status 1
# (throttled): MessageSendPartialFailure, "Some SMS messages failed to send"; two parts, both refused: the same; one of two: the same. With
# a number in the answer, which the API does not send: MessageSendAllFailure. A page of HTML with 200 resolves, as an object of its letters.
# Why it matters: the one says "nothing was sent, send it again", the other "part of it has been, and is paid for". With the wrong one a
# code or an alarm that was only throttled is never sent again, or a customer gets half a message twice by code that learned to ignore
# the difference. `error.response.messages` has the status of each part.
# What says otherwise: the SDK's own documentation of send(), "MessageSendAllFailure: If all SMS messages fail to send".
# Source: Vonage's reference of the SMS API, where the answer's "message-count" is a text.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent @vonage/sms@1.24.1 @vonage/auth@1.18.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Auth } = require('@vonage/auth')
const { SMS } = require('@vonage/sms')

const part = status => (status === '0' ? { to: '10000000000', 'message-id': 'id', status } : { status, 'error-text': 'Throughput Rate Exceeded' })
const parts = (...statuses) => ({ 'message-count': String(statuses.length), messages: statuses.map(part) })
const answers = {
  'one, sent': JSON.stringify(parts('0')),
  'one, refused': JSON.stringify(parts('1')),
  'two parts, both refused': JSON.stringify(parts('1', '1')),
  'two parts, one refused': JSON.stringify(parts('0', '1')),
  'one, refused, counted by a number': JSON.stringify({ ...parts('1'), 'message-count': 1 }),
  'a page': '<html>busy</html>',
}
const seen = {}
for (const [name, text] of Object.entries(answers)) {
  const type = text.startsWith('<') ? 'text/html' : 'application/json'
  const server = createServer((request, response) => response.writeHead(200, { 'content-type': type }).end(text))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const sms = new SMS(new Auth({ apiKey: 'key', apiSecret: 'secret' }), { restHost: `http://127.0.0.1:${server.address().port}` })
  seen[name] = await sms.send({ to: '10000000000', from: 'shop', text: 'code 51' }).then(
    answer => (answer.messages ? 'sent' : `resolves with ${Object.values(answer).join('')}`),
    error => `${error.constructor.name}: ${error.message}`,
  )
  server.closeAllConnections()
  server.close()
  console.log(`@vonage/sms 1.24.1, ${name}: ${seen[name]}`)
}
const some = 'MessageSendPartialFailure: Some SMS messages failed to send'
const all = 'MessageSendAllFailure: All SMS messages failed to send'
const same = Object.values(seen).join('; ') === ['sent', some, some, some, all, 'resolves with <html>busy</html>'].join('; ')
console.log(same ? 'as described: none is told as some' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
