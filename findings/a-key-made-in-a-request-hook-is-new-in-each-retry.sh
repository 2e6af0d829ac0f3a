#!/usr/bin/env bash
# The place where libraries let one add a header to every request, a hook or an interceptor, is run again for each retry of the
# same call. An idempotency key that is made there is another one each time, and the server executes each as an operation of
# its own.
# Seen on Node 20 and 24, a POST whose first answer is a 503 and which is to be retried once: axios 1.21.1 with axios-retry
# 4.5.0 and with retry-axios 4.0.3, got 14.6.6 (beforeRequest), ky 1.14.3 (beforeRequest), ofetch 1.5.1 (onRequest),
# @better-fetch/fetch 1.3.3 (onRequest), up-fetch 2.6.1 (onRequest) and xior 0.8.5 (interceptor) send two keys. gaxios 7.3.1
# (interceptor) sends one.
# Why it matters: the one line that adds a key to all calls is what allows POST to be retried, and it is the line that makes the
# retry a second payment. The server sees well-formed keys, a test with one request sees none of it. Make the key where the
# call is made, or keep one that is there: `headers['idempotency-key'] ??= ...`, where the hook is given the first headers.
# What reads otherwise: the name of the hooks, which are of a request; that a retry is another one has to be known.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1 axios-retry@4.5.0 retry-axios@4.0.3 got@14.6.6 ky@1.14.3 ofetch@1.5.1 @better-fetch/fetch@1.3.3 \
  up-fetch@2.6.1 xior@0.8.5 gaxios@7.3.1
cat >run.mjs <<'PROGRAM'
import { createFetch } from '@better-fetch/fetch'
import axios from 'axios'
import axiosRetry from 'axios-retry'
import { Gaxios } from 'gaxios'
import got from 'got'
import ky from 'ky'
import { createServer } from 'node:http'
import { ofetch } from 'ofetch'
import * as retryAxios from 'retry-axios'
import { up } from 'up-fetch'
import xior from 'xior'
import errorRetry from 'xior/plugins/error-retry'

const name = 'idempotency-key'
const withKey = headers => headers.set(name, crypto.randomUUID())
const axiosWithKey = () => {
  const client = axios.create()
  client.interceptors.request.use(config => {
    withKey(config.headers)
    return config
  })
  return client
}
const clients = {
  'axios, axios-retry': url => {
    const client = axiosWithKey()
    axiosRetry(client, { retries: 1, retryCondition: () => true })
    return client.post(url, {})
  },
  'axios, retry-axios': url => {
    const client = axiosWithKey()
    retryAxios.attach(client)
    return client.post(url, {}, { raxConfig: { instance: client, retry: 1, httpMethodsToRetry: ['POST'], backoffType: 'static', retryDelay: 10 } })
  },
  got: url => {
    const beforeRequest = options => (options.headers[name] = crypto.randomUUID())
    return got.post(url, { json: {}, retry: { limit: 1, methods: ['POST'] }, hooks: { beforeRequest: [options => void beforeRequest(options)] } })
  },
  ky: url => ky.post(url, { json: {}, retry: { limit: 1, methods: ['post'] }, hooks: { beforeRequest: [request => withKey(request.headers)] } }),
  ofetch: url => ofetch(url, { method: 'POST', body: {}, retry: 1, onRequest: ({ options }) => void withKey(options.headers) }),
  '@better-fetch/fetch': url => {
    const onRequest = context => {
      withKey(context.headers)
      return context
    }
    return createFetch({ retry: { type: 'linear', attempts: 1, delay: 10 }, onRequest })(url, { method: 'POST', body: {} })
  },
  'up-fetch': url => {
    const retry = { attempts: 1, delay: 10, when: ({ response }) => response?.status === 503 }
    return up(fetch, () => ({ retry, onRequest: request => withKey(request.headers) }))(url, { method: 'POST', body: {} })
  },
  xior: url => {
    const client = xior.create()
    client.plugins.use(errorRetry({ retryTimes: 1, enableRetry: true }))
    client.interceptors.request.use(config => {
      config.headers[name] = crypto.randomUUID()
      return config
    })
    return client.post(url, {})
  },
  gaxios: url => {
    const client = new Gaxios()
    const resolved = async config => {
      withKey(config.headers)
      return config
    }
    client.interceptors.request.add({ resolved })
    return client.request({ url, method: 'POST', data: {}, retryConfig: { retry: 1, httpMethodsToRetry: ['POST'] } })
  },
}
const numbers = []
for (const [client, post] of Object.entries(clients)) {
  const keys = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      keys.push(request.headers[name])
      response.writeHead(keys.length === 1 ? 503 : 201, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  await post(`http://127.0.0.1:${server.address().port}/charges`)
  server.closeAllConnections()
  server.close()
  numbers.push(`${new Set(keys).size} of ${keys.length}`)
  console.log(`${client}: ${keys.length} POSTs, ${new Set(keys).size} keys (${keys.map(key => key.slice(0, 8)).join(', ')})`)
}
const same = numbers.slice(0, 8).every(number => number === '2 of 2') && numbers[8] === '1 of 2'
console.log(same ? 'as described: one call, a key for each retry' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
