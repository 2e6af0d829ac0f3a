#!/usr/bin/env bash
# Three SDKs of APIs that know no idempotency key send a POST again by default, the same bytes, with nothing that tells
# the copies apart: Slack's after a lost connection and after a 500, Discord's after a 5xx and at once, GitHub's after a
# 502, a lost connection and even a 409.
# Seen with @slack/web-api 8.2.0, @discordjs/rest 2.6.3 and octokit 5.0.5 on Node 20 and 24: one chat.postMessage, one
# POST .../messages, one issues.create, and the server reads two each; the promise resolves with the second.
# Why it matters: the message is posted, the issue made twice, and automation that reacts to them runs twice. There is
# no key to mend it, so retries have to be off: `retryConfig: { retries: 0 }`, `retries: 0` or a nonce,
# `retry: { enabled: false }`.
# Source: RFC 9110 9.2.2 (no automatic retry of a method that is not idempotent without means to know better).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @slack/web-api@8.2.0 @discordjs/rest@2.6.3 octokit@5.0.5
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { REST } from '@discordjs/rest'
import { WebClient } from '@slack/web-api'
import { Octokit } from 'octokit'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const calls = {
  '@slack/web-api 8.2.0': url => new WebClient('token', { slackApiUrl: `${url}/api/`, logLevel: 'error' }).chat.postMessage({ channel: 'C1', text: 'paid' }),
  '@discordjs/rest 2.6.3': url => new REST({ api: url }).setToken('token').post('/channels/1/messages', { body: { content: 'paid' } }),
  'octokit 5.0.5': url => new Octokit({ baseUrl: url, log }).rest.issues.create({ owner: 'o', repo: 'r', title: 'paid' }),
}
async function post(name, first) {
  const seen = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      seen.push({ line: `${request.method} ${request.url} ${body}`, at: Date.now() })
      if (seen.length === 1 && first === 'lost') return request.socket.destroy()
      response.writeHead(seen.length === 1 ? first : 200, { 'content-type': 'application/json' })
      response.end('{"ok":true,"id":"1","number":2}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  await calls[name](`http://127.0.0.1:${server.address().port}`)
  server.closeAllConnections()
  server.close()
  console.log(`${name}, first answer ${first}: ${seen.length} x ${seen[0].line}, ${seen.at(-1).at - seen[0].at} ms apart`)
  return seen.length === 2 && seen[0].line === seen[1].line
}
const seen = [
  await post('@slack/web-api 8.2.0', 'lost'),
  await post('@slack/web-api 8.2.0', 500),
  await post('@discordjs/rest 2.6.3', 502),
  await post('octokit 5.0.5', 502),
  await post('octokit 5.0.5', 409),
  await post('octokit 5.0.5', 'lost'),
]
const same = seen.every(Boolean)
console.log(same ? 'as described: one call, two posts' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
