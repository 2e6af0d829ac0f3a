#!/usr/bin/env bash
# The middleware of @octokit/webhooks waits nine seconds for a handler and then answers GitHub "202, still processing". What the
# handler ends with afterwards goes to nobody outside: a failure after nine seconds is a delivery that succeeded.
# Seen with @octokit/webhooks 14.2.0 on Node 20 and 24: a signed push whose handler fails after 100 ms: 500, and `onError` is
# called. One that fails after 10.5 s: 202 at 9 s, `onError` afterwards.
# Why it matters: GitHub shows 202 as delivered, so that whoever redelivers what failed (GitHub does not by itself) never sees it.
# A database that is slow is just what makes handlers fail late. Store the event first and answer, then work.
# What reads otherwise: the same handler, failing earlier, is a failed delivery; the README has no word of the nine seconds.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @octokit/webhooks@14.2.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createNodeMiddleware, Webhooks } from '@octokit/webhooks'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
async function deliver(name, failsAfterMs) {
  const webhooks = new Webhooks({ secret: 'secret', log: silent })
  let failure
  const failed = new Promise(done => (failure = done))
  webhooks.on('push', async () => {
    await new Promise(done => setTimeout(done, failsAfterMs))
    throw new Error('the database is down')
  })
  webhooks.onError(() => failure())
  const server = createServer(createNodeMiddleware(webhooks, { path: '/', log: silent }))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const body = JSON.stringify({ ref: 'refs/heads/main' })
  const headers = { 'content-type': 'application/json', 'x-github-event': 'push', 'x-github-delivery': name, 'x-hub-signature-256': await webhooks.sign(body) }
  let order = []
  await Promise.all([
    fetch(`http://127.0.0.1:${server.address().port}/`, { method: 'POST', headers, body }).then(async answer => order.push(`${answer.status} ${(await answer.text()).trim().slice(0, 16)}`)),
    failed.then(() => order.push('onError')),
  ])
  server.closeAllConnections()
  server.close()
  console.log(`@octokit/webhooks 14.2.0, fails after ${failsAfterMs} ms: ${order.join(', then ')}`)
  return order
}
const [early, late] = await Promise.all([deliver('early', 100), deliver('late', 10_500)])
const same = early.some(told => told.startsWith('500')) && late.join() === '202 still processing,onError'
console.log(same ? 'as described: delivered, and failed' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
