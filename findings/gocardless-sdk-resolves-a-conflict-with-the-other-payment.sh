#!/usr/bin/env bash
# GoCardless answers a key that was used before with 409 `idempotent_creation_conflict` and the id of the first
# resource. Its SDK turns this into a success by default: it fetches that resource and resolves, without asking
# whether the two requests were the same.
# Seen with gocardless-nodejs 10.1.2 on Node 20 and 24: payments.create of 9900 under a key that had paid 100
# resolves with the payment of 100. Nothing in the result says that nothing was created.
# Why it matters: a key reused by mistake for another payment looks paid, with an amount that nobody compares.
# The option `raiseOnIdempotencyConflict: true` rejects instead; its default is false.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent gocardless-nodejs@10.1.2
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { GoCardlessClient } from 'gocardless-nodejs'

const { version } = createRequire(import.meta.url)('./node_modules/gocardless-nodejs/package.json')
const log = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', piece => (body += piece)).on('end', () => {
    log.push(`${request.method} ${request.url} ${body}`)
    const [status, answer] = request.method === 'GET'
      ? [200, { payments: { id: 'PM1', amount: 100, currency: 'EUR', status: 'confirmed' } }]
      : [409, { error: { type: 'invalid_state', code: 409, message: 'A resource has already been created with this idempotency key',
          errors: [{ reason: 'idempotent_creation_conflict', message: 'conflict', links: { conflicting_resource_id: 'PM1' } }] } }]
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const pay = async options => {
  const client = new GoCardlessClient('token', 'SANDBOX', options)
  client._api._baseUrl = `http://127.0.0.1:${server.address().port}` // the SDK has no option for its host
  return client.payments.create({ amount: 9900, currency: 'EUR', links: { mandate: 'MD1' } }, 'order-51')
    .then(payment => ({ resolved: { id: payment.id, amount: payment.amount, status: payment.status } }), error => ({ rejected: error.constructor.name }))
}
const byDefault = await pay({})
const raising = await pay({ raiseOnIdempotencyConflict: true })
server.closeAllConnections()
server.close()
console.log(log.join('\n'))
console.log(`gocardless-nodejs ${version}, by default:`, byDefault, 'with raiseOnIdempotencyConflict:', raising)
const same = byDefault.resolved?.amount === 100 && 'rejected' in raising
console.log(same ? 'as described: 9900 were asked for, 100 of another payment came back as the result' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
