#!/usr/bin/env bash
# openapi-fetch gives `{ data, error }`, and its docs ask `if (error)`. Of a refusal that has no body the error is undefined, or the
# empty text: nothing that `if` takes for one. A mutation of openapi-react-query on top of it ends as a success.
# Seen with openapi-fetch 0.17.0, openapi-react-query 0.5.4 and @tanstack/react-query 5.108.4 on Node 20 and 24: POST answered 503,
# 409 or 500 with Content-Length: 0: error undefined, and the mutation calls onSuccess; the same in chunks: error '', onSuccess; with a
# JSON body: error is that body, onError.
# Why it matters: proxies and load balancers write statuses without a body. The payment that met one is shown as paid; `response.ok`
# is what tells.
# What reads otherwise: the package's own page, which takes `data` and `error` apart and asks these two alone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent openapi-fetch@0.17.0 openapi-react-query@0.5.4 @tanstack/react-query@5.108.4 react@19.3.1 react-test-renderer@19.3.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import createClient from 'openapi-fetch'
import createHooks from 'openapi-react-query'
import { act, createElement } from 'react'
import renderer from 'react-test-renderer'

globalThis.IS_REACT_ACT_ENVIRONMENT = true
async function mutate(client) {
  const calls = []
  let mutation
  const Pay = () => {
    mutation = createHooks(client).useMutation('post', '/charges', { onSuccess: () => calls.push('onSuccess'), onError: () => calls.push('onError') })
    return null
  }
  await act(async () => renderer.create(createElement(QueryClientProvider, { client: new QueryClient() }, createElement(Pay))))
  await act(async () => mutation.mutateAsync({ body: { amount: 20 } }).catch(() => {}))
  return calls.join()
}
async function pay(status, headers, body) {
  const server = createServer((request, response) => request.resume().on('end', () => response.writeHead(status, headers).end(body)))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = createClient({ baseUrl: `http://127.0.0.1:${server.address().port}` })
  const { error } = await client.POST('/charges', { body: { amount: 20 } })
  const seen = `error ${JSON.stringify(error)}, mutation ${await mutate(client)}`
  server.closeAllConnections()
  server.close()
  console.log(`openapi-fetch 0.17.0, ${status} ${JSON.stringify(headers)} ${body}: ${seen}`)
  return seen
}
const none = { 'content-length': '0' }
const seen = [await pay(503, none, ''), await pay(409, none, ''), await pay(500, none, ''), await pay(503, { 'transfer-encoding': 'chunked' }, ''), await pay(503, {}, '{"code":"busy"}')]
const same = seen.join('; ') === `${'error undefined, mutation onSuccess; '.repeat(3)}error "", mutation onSuccess; error {"code":"busy"}, mutation onError`
console.log(same ? 'as described: a refusal without a body is no error' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs 2>/dev/null
