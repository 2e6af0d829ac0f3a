#!/usr/bin/env bash
# Where a server executes a request, dies before it answers, and refuses connections while it starts again, six ways to retry tell
# the caller the last attempt alone: "connect ECONNREFUSED", the one error by which it is certain that nothing was sent.
# Seen on Node 20 and 24, a PUT that was read once, each with its defaults but for short pauses: axios 1.21.1 with axios-retry
# 4.5.0, got 14.6.6, undici 7.30.2 (RetryAgent), node-fetch 2.7.0 with fetch-retry 6.0.0, ky 1.14.3, and gaxios 7.3.1. None of
# the errors has the first attempt's, the lost answer, in it or in its causes. (got's code is ERR_SOCKET_CLOSED_BEFORE_CONNECTION
# on Node 24, which says the same.)
# Why it matters: that is what a deploy looks like. Code that sorts errors by what may have been executed, and sends a refused one
# again under a new key or shows "it was not sent", does so for what was executed. Behind a library that retries, no error of the
# connection proves anything.
# Source: RFC 9110 9.2.2 (a client cannot know whether a request was applied whose answer was lost).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1 axios-retry@4.5.0 got@14.6.6 undici@7.30.2 node-fetch@2.7.0 fetch-retry@6.0.0 ky@1.14.3 gaxios@7.3.1
cat >run.mjs <<'PROGRAM'
import axios from 'axios'
import axiosRetry from 'axios-retry'
import fetchRetry from 'fetch-retry'
import { Gaxios } from 'gaxios'
import got from 'got'
import ky from 'ky'
import nodeFetch from 'node-fetch'
import { createServer } from 'node:http'
import { Agent, request, RetryAgent } from 'undici'

const body = '{"state":"paid"}'
const clients = {
  'axios, axios-retry': url => {
    const client = axios.create()
    axiosRetry(client, { retryDelay: () => 50 })
    return client.put(url, body)
  },
  got: url => got.put(url, { body, retry: { limit: 2, calculateDelay: ({ computedValue }) => computedValue && 50 } }),
  'undici RetryAgent': url => request(url, { method: 'PUT', body, dispatcher: new RetryAgent(new Agent(), { minTimeout: 50, maxRetries: 2 }) }),
  'node-fetch, fetch-retry': url => fetchRetry(nodeFetch, { retryDelay: 50 })(url, { method: 'PUT', body }),
  ky: url => ky.put(url, { body, retry: { limit: 2, delay: () => 50 } }),
  gaxios: url => new Gaxios().request({ url, method: 'PUT', data: body, retryConfig: { noResponseRetries: 2, retryDelay: 50 } }),
}
/** The codes of an error, its causes and what these are made of. */
function codes(error) {
  if (error === undefined || error === null) return []
  const inner = [error.cause, ...(error.errors ?? [])]
  return [...new Set([error.code, ...inner.flatMap(codes)].filter(Boolean))]
}
const seen = []
for (const [name, put] of Object.entries(clients)) {
  let executed = 0
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      executed++
      server.close() // what comes now is refused
      response.destroy()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  const error = await put(`http://127.0.0.1:${port}/orders/51`).then(
    () => ({ code: 'resolved' }),
    thrown => thrown,
  )
  console.log(`${name}: executed ${executed}, told ${codes(error).join(', ')}`)
  seen.push(`${executed} ${codes(error).join()}`)
}
const same = seen.length === 6 && seen.every(line => /^1 (ECONNREFUSED|ERR_SOCKET_CLOSED_BEFORE_CONNECTION)$/.test(line))
console.log(same ? 'as described: executed, and told as never sent' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
