#!/usr/bin/env bash
# The clients that orval makes for fetch do not look at the status: a 402, a 409 or a 503 resolves, and the type says that its status is
# 201. The hooks that it makes for React Query with fetch call onSuccess.
# Seen with orval 7.13.2, and 8.38.0 on Node 24 (`client: 'fetch'`, and `client: 'react-query', httpClient: 'fetch'`), and
# @tanstack/react-query 5.108.4 on Node 20 and 24, an API whose description has a 201: POST answered 503 or 402 with a JSON body:
# resolves, onSuccess. orval's client for axios: rejects, onError.
# Why it matters: "paid" is shown and stored for a card that was declined, and the retries of React Query, or of a wrapper around it, do
# not see a failure. An SDK that was made for axios and is made anew for fetch changes what every caller is told. A function of one's own
# (`mutator`) that throws is needed.
# What reads otherwise: the type that is made, `status: 201`, for an answer that is any other.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent orval@7.13.2 esbuild@0.28.2 axios@1.21.1 @tanstack/react-query@5.108.4 react@19.3.1 react-test-renderer@19.3.1
cat >api.json <<'API'
{"openapi":"3.0.3","info":{"title":"Shop","version":"1"},"paths":{"/charges":{"post":{"operationId":"createCharge","responses":{"201":{
"description":"made","content":{"application/json":{"schema":{"type":"object","properties":{"charge":{"type":"string"}}}}}}}}}}}
API
cat >orval.config.cjs <<'SETTINGS'
const to = (name, more) => ({ input: './api.json', output: { target: `./made/${name}.ts`, ...more } })
module.exports = {
  plain: to('plain', { client: 'fetch', baseUrl: 'http://shop.test' }),
  hooks: to('hooks', { client: 'react-query', httpClient: 'fetch', baseUrl: 'http://shop.test' }),
  axios: to('axios', { client: 'react-query', httpClient: 'axios', baseUrl: 'http://shop.test' }),
}
SETTINGS
npx orval --config orval.config.cjs >/dev/null 2>&1
grep -q 'status: 201' made/plain.ts
npx esbuild made/*.ts --bundle --packages=external --format=esm --platform=node --outdir=built --out-extension:.js=.mjs --log-level=error
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import axios from 'axios'
import { act, createElement } from 'react'
import renderer from 'react-test-renderer'
import { useCreateCharge as byAxios } from './built/axios.mjs'
import { useCreateCharge as byFetch } from './built/hooks.mjs'
import { createCharge } from './built/plain.mjs'

globalThis.IS_REACT_ACT_ENVIRONMENT = true
console.error = () => {}
async function mutate(hook) {
  const calls = []
  let mutation
  const Pay = () => {
    mutation = hook({ mutation: { onSuccess: () => calls.push('onSuccess'), onError: () => calls.push('onError') } })
    return null
  }
  await act(async () => renderer.create(createElement(QueryClientProvider, { client: new QueryClient() }, createElement(Pay))))
  await act(async () => mutation.mutateAsync().catch(() => {}))
  return calls.join()
}
const seen = []
for (const status of [503, 402]) {
  const server = createServer((request, response) => request.resume().on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end('{"code":"no"}')))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const here = `http://127.0.0.1:${server.address().port}`
  // The base URL is part of what was made; only the host is changed.
  const { fetch } = globalThis
  globalThis.fetch = (url, options) => fetch(String(url).replace('http://shop.test', here), options)
  const changed = axios.interceptors.request.use(config => ({ ...config, url: config.url.replace('http://shop.test', here) }))
  const told = await createCharge().then(answer => `resolved ${answer.status}`, () => 'rejected')
  const line = `${told}, by fetch ${await mutate(byFetch)}, by axios ${await mutate(byAxios)}`
  globalThis.fetch = fetch
  axios.interceptors.request.eject(changed)
  server.closeAllConnections()
  server.close()
  console.log(`orval 7.13.2, answered ${status}: ${line}`)
  seen.push(line)
}
const same = seen.join('; ') === 'resolved 503, by fetch onSuccess, by axios onError; resolved 402, by fetch onSuccess, by axios onError'
console.log(same ? 'as described: what was refused is a success' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
