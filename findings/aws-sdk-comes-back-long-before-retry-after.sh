#!/usr/bin/env bash
# The AWS SDK reads Retry-After and then waits about five seconds at most: an answer that asks for a minute or an
# hour is asked again after 5 s, also as a date.
# Seen with @aws-sdk/client-ecs 3.1164.0, default retries, on Node 20 and 24: RunTask answered 503 with
# Retry-After: 61 goes out again after 5 to 6 s (with the same clientToken, so that it cannot act twice).
# Why it matters: a server that sheds load with Retry-After gets its writers back twelve times as early, and a
# budget of attempts that was meant to outlast the minute is used up within it, so the call ends unknown.
# Source: RFC 9110 10.2.3.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @aws-sdk/client-ecs@3.1164.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs'

const seen = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', piece => (body += piece)).on('end', () => {
    seen.push({ at: Date.now(), token: JSON.parse(body).clientToken })
    const first = seen.length === 1
    response.writeHead(first ? 503 : 200, { 'content-type': 'application/x-amz-json-1.1', ...(first ? { 'retry-after': '61' } : {}) })
    response.end('{}')
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const client = new ECSClient({ endpoint: `http://127.0.0.1:${server.address().port}`, region: 'eu-west-1', credentials: { accessKeyId: 'id', secretAccessKey: 'secret' } })
await Promise.race([client.send(new RunTaskCommand({ taskDefinition: 'task' })), new Promise(done => setTimeout(done, 20_000))])
server.closeAllConnections()
server.close()
const waited = seen.length > 1 ? seen[1].at - seen[0].at : undefined
console.log(`@aws-sdk/client-ecs 3.1164.0: told to wait 61 s, sent again after ${waited} ms, same token: ${seen[1]?.token === seen[0].token}`)
const same = waited > 3000 && waited < 10_000
console.log(same ? 'as described: a minute is five seconds' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
