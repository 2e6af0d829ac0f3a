#!/usr/bin/env bash
# Recurly's SDK sends every request once more when the connection closes before the answer, POST included, with
# no idempotency key, and has no option that turns this off.
# Seen with recurly 4.81.0 on Node 20 and 24: a purchase whose answer is lost arrives twice on two fresh
# connections, byte for byte the same, without any key; the promise resolves with the second purchase.
# Why it matters: a closed connection is just the case in which the first purchase may have been made. The
# caller sees one call and one result; only an `Idempotency-Key` given in `options.headers` of each call lets
# the server tell the copies apart.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent recurly@4.81.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Client, DefaultHttpAdapter } = require('recurly')
const { version } = require('./node_modules/recurly/package.json')
const seen = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', piece => (body += piece)).on('end', () => {
    seen.push({ method: request.method, url: request.url, body, key: request.headers['idempotency-key'], peer: request.socket.remotePort })
    if (seen.length === 1) return request.socket.destroy() // executed; the answer is lost
    response.writeHead(201, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ object: 'invoice_collection', charge_invoice: { object: 'invoice', id: `invoice-${seen.length}` } }))
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
// The SDK's own adapter; only the host is another.
class Loopback extends DefaultHttpAdapter {
  execute(method, url, headers, body) {
    const { pathname, search } = new URL(url)
    return super.execute(method, `http://127.0.0.1:${server.address().port}${pathname}${search}`, headers, body)
  }
}
const client = new Client('key', { httpAdapter: new Loopback() })
const result = await client.createPurchase({ currency: 'EUR', account: { code: 'a' } })
console.log(`recurly ${version}: resolved with`, result.chargeInvoice.id)
console.log(seen)
server.closeAllConnections()
server.close()
const [first, second] = seen
const same = seen.length === 2 && first.method === 'POST' && second.body === first.body && !first.key && !second.key && first.peer !== second.peer
console.log(same ? 'as described: two purchases for one call' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
