#!/usr/bin/env bash
# `AbortSignal.timeout()` is the time limit of the platform: what it ends rejects with a TimeoutError. Seven clients that take a signal do not
# look at its reason and tell a time limit as a cancellation, two of them in the words "The user aborted a request."
# Seen with axios 1.21.1, node-fetch 2.7.0 and 3.3.2, minipass-fetch 5.0.2, gaxios 7.3.1, openai 6.49.0 and @azure/core-rest-pipeline 1.24.0
# on Node 20 and 24: a POST that is read and not answered for 300 ms: its error, with all its causes, is equal in name, code and message to
# that of a caller who presses "cancel". fetch, got 14.6.6, undici 7.30.2 and @octokit/request 10.0.16 tell the two apart.
# Why it matters: what the user took back needs nobody any more, and code drops it from the queue, shows nothing, sends no alarm. What ran
# out of time may have been executed and has to be asked for, or sent again under its key. Ask `signal.reason` instead of the error.
# Source: the DOM standard, AbortSignal.timeout(): the signal is aborted with a TimeoutError, and what takes a signal rejects with its reason.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1 node-fetch@2.7.0 node-fetch3@npm:node-fetch@3.3.2 minipass-fetch@5.0.2 gaxios@7.3.1 openai@6.49.0 \
  @azure/core-rest-pipeline@1.24.0 got@14.6.6 undici@7.30.2 @octokit/request@10.0.16
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { request as octokit } from '@octokit/request'
import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } from '@azure/core-rest-pipeline'
import axios from 'axios'
import { Gaxios } from 'gaxios'
import { got } from 'got'
import nodeFetch2 from 'node-fetch'
import nodeFetch3 from 'node-fetch3'
import OpenAI from 'openai'
import { request } from 'undici'

const minipassFetch = createRequire(import.meta.url)('minipass-fetch')
const server = createServer(() => {}) // reads, and never answers
await new Promise(done => server.listen(0, '127.0.0.1', done))
const url = `http://127.0.0.1:${server.address().port}/charges`
const method = 'POST'
const body = '{}'
const clients = {
  axios: signal => axios.post(url, {}, { signal }),
  'node-fetch 2': signal => nodeFetch2(url, { method, body, signal }),
  'node-fetch 3': signal => nodeFetch3(url, { method, body, signal }),
  'minipass-fetch': signal => minipassFetch(url, { method, body, signal }),
  gaxios: signal => new Gaxios().request({ url, method, data: {}, signal }),
  openai: signal => new OpenAI({ apiKey: 'key', baseURL: url }).responses.create({ model: 'model', input: 'text' }, { signal }),
  azure: abortSignal => createPipelineFromOptions({}).sendRequest(createDefaultHttpClient(), createPipelineRequest({ url, method, body, abortSignal, allowInsecureConnection: true })),
  fetch: signal => fetch(url, { method, body, signal }),
  got: signal => got.post(url, { json: {}, signal }),
  undici: signal => request(url, { method, body, signal }),
  octokit: signal => octokit(`POST ${url}`, { request: { signal } }),
}
const cancelled = () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 300)
  return controller.signal
}
const told = error => (error ? `${error.name} ${error.code ?? ''} ${error.message}${error.cause ? `, cause ${told(error.cause)}` : ''}` : '')
const same = { told: [], apart: [] }
for (const [name, call] of Object.entries(clients)) {
  const [limit, user] = [await call(AbortSignal.timeout(300)).then(() => 'resolved', told), await call(cancelled()).then(() => 'resolved', told)]
  console.log(`${name}: a time limit: ${limit}; the user: ${user}`)
  same[limit === user ? 'told' : 'apart'].push(name)
}
server.closeAllConnections()
server.close()
const holds = same.told.join() === 'axios,node-fetch 2,node-fetch 3,minipass-fetch,gaxios,openai,azure' && same.apart.join() === 'fetch,got,undici,octokit'
console.log(holds ? 'as described: out of time is told as taken back' : 'changed')
process.exit(holds ? 0 : 1)
PROGRAM
NODE_NO_WARNINGS=1 timeout 90 node run.mjs
