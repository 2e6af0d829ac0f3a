#!/usr/bin/env bash
# Azure's poller for long operations takes an answer without a `status` for success. An error object of a gateway, an
# empty object, and a page of HTML, each with status 200, end the polling as "succeeded".
# Seen with @azure/communication-email 1.1.0 (its poller is that of Azure's SDKs) on Node 20 and 24: beginSend, then
# the status URL answers 200 {"error":{"code":"x"}}, {} or <html>: pollUntilDone resolves, getOperationState().status is
# "succeeded". {"status":"Queued"} goes on polling, so it is the missing word alone that proves.
# Why it matters: a proxy's page in the place of the status makes an e-mail (a payment, a machine) "done" that
# nobody has seen done, and nobody asks again.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @azure/communication-email@1.1.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { EmailClient } from '@azure/communication-email'

const mail = { senderAddress: 'from@example.com', content: { subject: 's', plainText: 't' }, recipients: { to: [{ address: 'to@example.com' }] } }
async function poll(body, type = 'application/json') {
  let polls = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'GET') {
        polls++
        response.writeHead(200, { 'content-type': type, 'retry-after': '0' })
        return response.end(body)
      }
      const operation = `http://127.0.0.1:${server.address().port}/emails/operations/1`
      response.writeHead(202, { 'content-type': 'application/json', 'operation-location': operation, 'retry-after': '0' })
      response.end('{"id":"1","status":"Running"}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = new EmailClient(`endpoint=http://127.0.0.1:${server.address().port}/;accesskey=${btoa('key')}`, { allowInsecureConnection: true })
  const poller = await client.beginSend(mail, { updateIntervalInMs: 20 })
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), 1000)
  await poller.pollUntilDone({ abortSignal: stop.signal }).catch(() => {})
  clearTimeout(timer)
  server.closeAllConnections()
  server.close()
  const { status } = poller.getOperationState()
  console.log(`@azure/communication-email 1.1.0: the status URL answers ${body} -> ${status} after ${polls === 1 ? '1 poll' : 'many polls'}`)
  return status
}
const seen = [await poll('{"error":{"code":"x"}}'), await poll('{}'), await poll('<html>Please sign in</html>', 'text/html'), await poll('{"status":"Queued"}')]
const same = seen.join() === 'succeeded,succeeded,succeeded,running'
console.log(same ? 'as described: no word is the word "succeeded"' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
