#!/usr/bin/env bash
# Azure's e-mail service knows a send by the header `Operation-Id` and makes an id of its own where it is missing. The
# SDK's `operationId` is optional, is not made when it is missing, and the SDK sends the mail again all the same.
# Seen with @azure/communication-email 1.1.0 on Node 20 and 24: beginSend answered 503 twice and then 202 makes
# three POSTs to /emails:send without Operation-Id; with `operationId` all three carry it.
# Why it matters: a 503 or a lost connection is no proof that no mail left, and up to three sends of one mail, each an
# operation of its own, can come of one call.
# Source: the package's types, operationId: "If an ID is not provided by the customer, the service will generate one."
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @azure/communication-email@1.1.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { EmailClient } from '@azure/communication-email'

const { version } = createRequire(import.meta.url)('./node_modules/@azure/communication-email/package.json')
async function send(options) {
  const seen = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'POST') seen.push(request.headers['operation-id'])
      const operation = `http://127.0.0.1:${server.address().port}/emails/operations/1`
      response.writeHead(request.method === 'GET' ? 200 : seen.length < 3 ? 503 : 202, { 'content-type': 'application/json', 'operation-location': operation })
      response.end('{"id":"1","status":"Running"}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = new EmailClient(`endpoint=http://127.0.0.1:${server.address().port}/;accesskey=${btoa('key')}`, {
    allowInsecureConnection: true, // loopback without TLS
    retryOptions: { retryDelayInMs: 20 },
  })
  await client.beginSend({ senderAddress: 'from@example.com', content: { subject: 's', plainText: 't' }, recipients: { to: [{ address: 'to@example.com' }] } }, options)
  server.closeAllConnections()
  server.close()
  return seen
}
const without = await send({})
const id = crypto.randomUUID()
const withId = await send({ operationId: id })
console.log(`@azure/communication-email ${version}: Operation-Id of each POST`, { without, withId })
const same = without.length === 3 && without.every(value => value === undefined) && withId.length === 3 && withId.every(value => value === id)
console.log(same ? 'as described: three sends of one mail, and nothing that tells them to be one' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
