#!/usr/bin/env bash
# GitHub's official client sends every request again by default unless the status is one of a short list: a POST
# that creates something, after a 502, after a lost connection, and even after a 409.
# Seen with octokit 5.0.5 (its plugin-retry 8.x) on Node 20 and 24: issues.create answered 502, 409 or not at
# all is sent a second time after about one second, byte for byte the same and without any key.
# Why it matters: the API has no idempotency key for this call, so a 502 that came after the issue was made leaves
# two issues, and automation that reacts to them runs twice. `retry: { enabled: false }` or
# `request: { retries: 0 }` per call is needed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent octokit@5.0.5
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { Octokit } from 'octokit'

const log = { debug() {}, info() {}, warn() {}, error() {} }
async function create(first) {
  const seen = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      seen.push({ line: `${request.method} ${request.url} ${body}`, at: Date.now() })
      if (seen.length === 1 && first === 'lost') return request.socket.destroy()
      response.writeHead(seen.length === 1 ? first : 201, { 'content-type': 'application/json' })
      response.end('{"number":2}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const octokit = new Octokit({ baseUrl: `http://127.0.0.1:${server.address().port}`, log })
  const { data } = await octokit.rest.issues.create({ owner: 'o', repo: 'r', title: 'order 51' })
  server.closeAllConnections()
  server.close()
  console.log(`octokit 5.0.5, first answer ${first}: ${seen.length} x ${seen[0].line}, ${seen.at(-1).at - seen[0].at} ms apart, resolves with issue ${data.number}`)
  return seen.length === 2 && seen[0].line === seen[1].line
}
const same = [await create(502), await create(409), await create('lost')].every(Boolean)
console.log(same ? 'as described: created twice by one call' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
