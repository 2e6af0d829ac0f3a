#!/usr/bin/env bash
# `networkError()` of axios-mock-adapter makes an error without a code. axios-retry takes an error for one of the network by its code: what
# a real socket has sent four times, the test sends once.
# Seen with axios 1.21.1, axios-retry 4.5.0 (defaults) and axios-mock-adapter 2.1.0 on Node 20 and 24: a POST whose answer is lost, by a
# real server: 4 POSTs, "socket hang up", ECONNRESET, `error.request` set. By `networkError()`: 1 POST, "Network Error", no code, no
# request.
# Why it matters: the test "a payment whose answer is lost is sent once" is green, and in production it is four payments. What sorts
# errors by `code`, or by `request` being there, as the docs of axios have it, goes another way in the test.
# What reads otherwise: axios itself, whose own browser adapter gives its "Network Error" the code ERR_NETWORK and the request.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent axios@1.21.1 axios-retry@4.5.0 axios-mock-adapter@2.1.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import axios from 'axios'
import MockAdapter from 'axios-mock-adapter'
import axiosRetry from 'axios-retry'

const retrying = () => {
  const client = axios.create()
  axiosRetry(client)
  return client
}
const told = error => `${error.message}, code ${error.code}, request ${error.request ? 'set' : 'not set'}`
let posts = 0
const server = createServer((request) => {
  request.resume().on('end', () => {
    posts++
    request.socket.destroy()
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const real = told(await retrying().post(`http://127.0.0.1:${server.address().port}/charges`, {}).catch(error => error))
server.close()
const client = retrying()
const mock = new MockAdapter(client)
mock.onPost('/charges').networkError()
const mocked = told(await client.post('/charges', {}).catch(error => error))
console.log(`a real server: ${posts} POSTs, ${real}; the mock: ${mock.history.post.length} POSTs, ${mocked}`)
const same = posts === 4 && real === 'socket hang up, code ECONNRESET, request set' && mock.history.post.length === 1 && mocked === 'Network Error, code undefined, request not set'
console.log(same ? 'as described: the test does not see three payments' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
