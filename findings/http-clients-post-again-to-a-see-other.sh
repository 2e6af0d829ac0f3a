#!/usr/bin/env bash
# Three HTTP clients follow each redirect with the method and the body of the first request, also 303 See Other, which says
# "now GET": those of GitHub Actions and of Azure DevOps, and urllib. A server that answers a form with "see the list", at the
# same URL, is sent the form ten or fifty more times.
# Seen with @actions/http-client 4.0.1, typed-rest-client 3.1.2 and urllib 4.9.2, defaults, on Node 20 and 24: POST /charges is
# executed and answered 303 with the URL of the list, /charges: 51, 51 and 11 charges, and the call resolves with status 303.
# The same with 302. To 303 /charges/1 a POST is sent, too. Node's fetch and axios 1.21.1: one charge, and the list.
# Why it matters: one `post` in a deployment's script, and the order is there 51 times; nothing throws. Redirects have to be
# off (`allowRedirects: false`, `followRedirect: false`) for all that writes.
# Source: RFC 9110 15.4.4 (303: a GET, or HEAD, of the other resource).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @actions/http-client@4.0.1 typed-rest-client@3.1.2 urllib@4.9.2 axios@1.21.1
cat >run.mjs <<'PROGRAM'
import { HttpClient } from '@actions/http-client'
import axios from 'axios'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { request } from 'urllib'

const { HttpClient: TypedHttpClient } = createRequire(import.meta.url)('typed-rest-client/HttpClient')
const body = '{"amount":20}'
const headers = { 'content-type': 'application/json' }
const clients = {
  '@actions/http-client 4.0.1': async url => (await new HttpClient('shop').post(url, body, headers)).message.statusCode,
  'typed-rest-client 3.1.2': async url => (await new TypedHttpClient('shop').post(url, body, headers)).message.statusCode,
  'urllib 4.9.2': async url => (await request(url, { method: 'POST', content: body, headers })).status,
  'axios 1.21.1': async url => (await axios.post(url, body, { headers })).status,
  fetch: async url => (await fetch(url, { method: 'POST', body, headers })).status,
}
async function charge(name, status, to) {
  const posts = []
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      if (incoming.method !== 'POST') return response.end('[]')
      posts.push(incoming.url)
      if (incoming.url !== '/charges') return response.writeHead(200).end('{}')
      response.writeHead(status, { location: `http://127.0.0.1:${server.address().port}${to}` }).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const told = await clients[name](`http://127.0.0.1:${server.address().port}/charges`)
  server.closeAllConnections()
  server.close()
  console.log(`${name}, ${status} to ${to}: ${posts.length} POSTs, to ${[...new Set(posts)].join(' and ')}, told ${told}`)
  return `${posts.length}, ${told}`
}
const seen = []
for (const name of Object.keys(clients)) {
  seen.push(await charge(name, 303, '/charges'), await charge(name, 302, '/charges'), await charge(name, 303, '/charges/1'))
}
const again = ['51, 303', '51, 302', '2, 200']
const elevenTimes = ['11, 303', '11, 302', '2, 200']
const once = ['1, 200', '1, 200', '1, 200']
const same = seen.join('; ') === [again, again, elevenTimes, once, once].flat().join('; ')
console.log(same ? 'as described: one call, many charges' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
