#!/usr/bin/env bash
# The ingress of Restate keeps answers under an Idempotency-Key. What a handler refuses for good (TerminalError) goes out as
# 500 "Internal Server Error" and is answered again for a day, and the same key with another body gets the first result.
# Seen with restate-server 1.7.12 and restate-sdk 1.17.2 on Node 24: an order of 20 is charged and answered 200; the same
# key with 99 is answered 200 with the charge of 20. A declined order is 500, its repetition 500, also once the card would
# be accepted: the handler is not called again. An answer given again is known by the header `idempotency-expires` alone.
# Why it matters: a client that sends a 500 again under its key never gets another answer before the key has expired, and
# one that begins again under a new key is right to do so here and wrong with nearly every other server; a changed amount
# is told as charged. `x-restate-error-source: invocation` says that the handler has ended.
# What reads otherwise: Restate's documentation has retries for all errors but terminal ones, whose status is the
# handler's to choose (`errorCode`), and says nothing of a key that comes with another body.
set -eu
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @restatedev/restate-sdk@1.17.2 @restatedev/restate-server@1.7.12 node@24.21.0 2>/dev/null
cat >ports.mjs <<'PROGRAM'
import net from 'node:net'
const servers = [1, 2, 3, 4].map(() => net.createServer().listen(0, '127.0.0.1'))
await Promise.all(servers.map(server => new Promise(done => server.on('listening', done))))
console.log(servers.map(server => server.address().port).join(' '))
for (const server of servers) server.close()
PROGRAM
read -r ingress admin fabric handlers < <(node ports.mjs)
binary=$(echo node_modules/@restatedev/restate-server-*/bin/restate-server)
RESTATE_DISABLE_TELEMETRY=true RESTATE_LISTEN_MODE=tcp RESTATE_DEFAULT_NUM_PARTITIONS=1 \
  RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE='256 MiB' RESTATE_BIND_PORT=$fabric \
  RESTATE_INGRESS__BIND_PORT=$ingress RESTATE_ADMIN__BIND_PORT=$admin \
  "$binary" --base-dir "$folder/data" --no-logo >server.log 2>&1 &
server=$!
cat >run.mjs <<'PROGRAM'
import { serve, service, TerminalError } from '@restatedev/restate-sdk'

const [ingress, admin, port] = process.argv.slice(2)
const calls = []
const billing = service({
  name: 'billing',
  handlers: {
    charge: async (_context, order) => {
      calls.push(order)
      if (order.card === 'declined') throw new TerminalError('The card was declined.')
      return { charged: order.amount }
    },
  },
})
await serve({ services: [billing], port: Number(port) })
const json = { 'content-type': 'application/json' }
for (let tries = 0; ; tries++) {
  const body = JSON.stringify({ uri: `http://127.0.0.1:${port}/` })
  const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, { method: 'POST', headers: json, body }).catch(() => undefined)
  const healthy = await fetch(`http://127.0.0.1:${ingress}/restate/health`).catch(() => undefined)
  if (answer?.ok && healthy?.ok) break
  if (tries === 300) throw new Error('the server did not start')
  await new Promise(done => setTimeout(done, 200))
}
async function charge(key, order) {
  const headers = { ...json, 'idempotency-key': key }
  const answer = await fetch(`http://127.0.0.1:${ingress}/billing/charge`, { method: 'POST', headers, body: JSON.stringify(order) })
  const text = await answer.text()
  console.log(key, JSON.stringify(order), '->', answer.status, text, 'again:', answer.headers.has('idempotency-expires'), 'source:', answer.headers.get('x-restate-error-source'))
  return { status: answer.status, text, again: answer.headers.has('idempotency-expires') }
}
const first = await charge('order-51', { amount: 20, card: 'good' })
const other = await charge('order-51', { amount: 99, card: 'good' })
const declined = await charge('order-52', { amount: 20, card: 'declined' })
const later = await charge('order-52', { amount: 20, card: 'good' })
console.log('calls of the handler:', calls.length)
const same =
  first.text === '{"charged":20}' && !first.again &&
  other.status === 200 && other.text === '{"charged":20}' && other.again &&
  declined.status === 500 && later.status === 500 && later.again && calls.length === 2
console.log(same ? 'as described: a refusal is a 500 for a day, another amount gets the first answer' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node_modules/.bin/node run.mjs "$ingress" "$admin" "$handlers"
