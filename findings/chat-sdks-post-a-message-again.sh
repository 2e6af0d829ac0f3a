#!/usr/bin/env bash
# The SDKs of two chat services send a message again by default, with nothing on it that tells the copies apart:
# Slack's after a lost connection and after a 500 (ten retries in half an hour is its default), Discord's after a
# 5xx, at once and without a `nonce`.
# Seen with @slack/web-api 8.2.0 and @discordjs/rest 2.6.3 on Node 20 and 24: chat.postMessage whose answer is lost
# arrives a second time after 1 to 2 s, the same bytes; POST .../messages answered 502 again after some 20 ms.
# Why it matters: "payment received" is posted twice by one call that resolves once; where a bot acts on messages,
# it acts twice. Retries have to be switched off (`retryConfig: { retries: 0 }`, `retries: 0`) or a nonce given.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @slack/web-api@8.2.0 @discordjs/rest@2.6.3
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { WebClient } from '@slack/web-api'
import { REST } from '@discordjs/rest'

async function posts(first, post) {
  const seen = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      seen.push({ body, at: Date.now() })
      if (seen.length === 1 && first === 'lost') return request.socket.destroy()
      response.writeHead(seen.length === 1 ? first : 200, { 'content-type': 'application/json' })
      response.end('{"ok":true,"id":"1"}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  await post(`http://127.0.0.1:${server.address().port}`)
  server.closeAllConnections()
  server.close()
  return seen
}
const slack = url => new WebClient('token', { slackApiUrl: `${url}/api/`, logLevel: 'error' }).chat.postMessage({ channel: 'C1', text: 'payment received' })
const discord = url => new REST({ api: url }).setToken('token').post('/channels/1/messages', { body: { content: 'payment received' } })
const cases = { '@slack/web-api 8.2.0, answer lost': await posts('lost', slack), '@slack/web-api 8.2.0, 500': await posts(500, slack), '@discordjs/rest 2.6.3, 502': await posts(502, discord) }
let same = true
for (const [name, seen] of Object.entries(cases)) {
  console.log(`${name}: ${seen.length} posts, ${seen.at(-1).at - seen[0].at} ms apart, ${seen.map(({ body }) => body).join(' | ')}`)
  same &&= seen.length === 2 && seen[0].body === seen[1].body && !/nonce|client_msg_id/.test(seen[0].body)
}
console.log(same ? 'as described: one call, two messages' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
