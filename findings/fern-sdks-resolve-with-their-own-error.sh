#!/usr/bin/env bash
# The SDKs that Fern generates resolve with an error where the answer says 200 and is no JSON. The error takes the place of the payment
# that was asked for: `{ ok: false, error: { reason: "non-json", … } }`. Nothing is thrown.
# Seen with square 46.0.0 and @getbrevo/brevo 6.0.3 on Node 20 and 24: payments.create, refunds.refundPayment and sendTransacEmail,
# answered 200 with a page of HTML, resolve with such an object; payments.get, which is to say whether a payment was made, too. The same
# page with 503: both reject. A connection that breaks in the JSON: both reject.
# Why it matters: a gateway's page, a captive portal or a maintenance notice with 200 is no answer of the API, and the one thing that
# `await` does not show. `payment` is undefined then, which is how the object of a payment that was not found would read, and
# `errors`, Square's own field for a failure, is undefined as well.
# What reads otherwise: the types, CreatePaymentResponse, and the SDK's class for it all, SquareError.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent square@46.0.0 @getbrevo/brevo@6.0.3
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { BrevoClient } from '@getbrevo/brevo'
import { SquareClient } from 'square'

const square = url => new SquareClient({ token: 'token', baseUrl: url, maxRetries: 0 })
const brevo = url => new BrevoClient({ apiKey: 'key', baseUrl: url, maxRetries: 0 })
const mail = { sender: { email: 'a@example.com' }, to: [{ email: 'b@example.com' }], subject: 'invoice 51', textContent: 'paid' }
const calls = {
  'square, payments.create': url => square(url).payments.create({ sourceId: 'card', idempotencyKey: 'order-51' }),
  'square, refunds.refundPayment': url => square(url).refunds.refundPayment({ idempotencyKey: 'order-51', amountMoney: { amount: 100n, currency: 'EUR' } }),
  'square, payments.get': url => square(url).payments.get({ paymentId: 'payment-51' }),
  'brevo, sendTransacEmail': url => brevo(url).transactionalEmails.sendTransacEmail(mail),
}
const answers = {
  'a page with 200': (request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>busy</html>'),
  'a page with 503': (request, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<html>busy</html>'),
  'half of the JSON': (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 40 })
    response.write('{"payment":', () => request.socket.resetAndDestroy())
  },
}
async function told(call, answer) {
  const server = createServer((request, response) => request.resume().on('end', () => answer(request, response)))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const line = await call(`http://127.0.0.1:${server.address().port}`).then(
    result => `resolves, ok ${result.ok}, reason ${result.error?.reason}, payment ${result.payment}, errors ${result.errors}`,
    error => `rejects, ${error.constructor.name}`,
  )
  server.closeAllConnections()
  server.close()
  return line
}
const seen = []
for (const [name, call] of Object.entries(calls)) {
  for (const [what, answer] of Object.entries(answers)) {
    seen.push(await told(call, answer))
    console.log(`${name}, ${what}: ${seen.at(-1)}`)
  }
}
const same = seen.every((line, at) =>
  at % 3 === 0 ? line === 'resolves, ok false, reason non-json, payment undefined, errors undefined' : line.startsWith('rejects'),
)
console.log(same ? 'as described: the error is what it resolves with' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
