#!/usr/bin/env bash
# node-idempotency: once a key's lifetime is over, the first request that carries it is let through without a
# mark "in progress", because the memory store's setIfNotExists still sees the expired entry while its get
# drops it. Whatever comes beside that request under the same key is executed too.
# Seen with @node-idempotency/core 1.0.11 and storage-adapter-memory 1.0.2 on Node 20 and 24: of two equal
# requests at once one is executed and one refused while the key is new; after the lifetime both are executed.
# Why it matters: a client that presses again after a day, with a double click, pays twice under one key.
# What says otherwise: the package calls itself "A Race-Condition free Node.js library that ensures idempotency
# for requests".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @node-idempotency/core@1.0.11 @node-idempotency/storage-adapter-memory@1.0.2
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { Idempotency } from '@node-idempotency/core'
import { MemoryStorageAdapter } from '@node-idempotency/storage-adapter-memory'

const { version } = createRequire(import.meta.url)('./node_modules/@node-idempotency/core/package.json')
const pause = ms => new Promise(done => setTimeout(done, ms))
const idempotency = new Idempotency(new MemoryStorageAdapter(), { cacheTTLMS: 300 })
const request = { headers: { 'idempotency-key': 'order-51' }, path: '/pay', method: 'POST', body: { amount: 100 } }
let executed = 0
async function pay() {
  try {
    if (await idempotency.onRequest(request)) return 'replayed'
  } catch (error) {
    return error.code
  }
  executed++
  await pause(50)
  await idempotency.onResponse(request, { body: 'paid' })
  return 'executed'
}
console.log(`@node-idempotency/core ${version}`)
const young = await Promise.all([pay(), pay()])
console.log('two at once, the key is new:             ', young, 'and one later', await pay())
await pause(500)
const old = await Promise.all([pay(), pay()])
console.log('two at once, the key is past its lifetime:', old)
const same = young.join() === 'executed,REQUEST_IN_PROGRESS' && old.join() === 'executed,executed'
console.log(same ? 'as described: the second time both run' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
