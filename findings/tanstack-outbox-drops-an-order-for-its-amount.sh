#!/usr/bin/env bash
# TanStack's offline outbox decides whether a stored mutation is tried again by looking for the digits 400, 401,
# 403 or 422 anywhere in the error's message. A lost connection whose message names an amount, an order or a port
# with these digits is "failed permanently": the stored mutation is removed and never sent again.
# Seen with @tanstack/offline-transactions 1.0.53 on Node 20 and 24: "no answer for order 51500" is tried again
# and commits; "no answer for order 51400" is tried once, rejected, and the outbox is empty.
# Why it matters: the outbox is what is trusted to bring a call to its end after a lost answer. What it drops is
# unknown, not refused, and the idempotency key that could have told goes with it.
# What says otherwise: its README, "Use NonRetriableError for permanent failures"; any other error "Will retry
# with backoff".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @tanstack/offline-transactions@1.0.53 @tanstack/db@0.8.7
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { createCollection, localOnlyCollectionOptions } from '@tanstack/db'
import { startOfflineExecutor } from '@tanstack/offline-transactions'

const { version } = createRequire(import.meta.url)('./node_modules/@tanstack/offline-transactions/package.json')
console.warn = () => {} // the package prints the dropped transaction
const leaderElection = { requestLeadership: async () => true, releaseLeadership() {}, isLeader: () => true, onLeadershipChange: () => () => {} }
const onlineDetector = { subscribe: () => () => {}, notifyOnline() {}, isOnline: () => true, dispose() {} }
async function order(message) {
  const kept = new Map()
  const storage = {
    get: async key => kept.get(key) ?? null, set: async (key, value) => void kept.set(key, value), delete: async key => void kept.delete(key),
    keys: async () => [...kept.keys()], clear: async () => kept.clear(),
  }
  const orders = createCollection(localOnlyCollectionOptions({ id: `orders ${message}`, getKey: order => order.id }))
  let tries = 0
  const send = async () => {
    if (++tries === 1) throw new Error(message)
  }
  const offline = startOfflineExecutor({ collections: { orders }, storage, leaderElection, onlineDetector, jitter: false, mutationFns: { send } })
  await offline.waitForInit()
  const transaction = offline.createOfflineTransaction({ mutationFnName: 'send', autoCommit: false })
  transaction.mutate(() => orders.insert({ id: 1 }))
  const told = await Promise.race([transaction.commit().then(() => 'committed', () => 'rejected'), new Promise(done => setTimeout(done, 8000, 'pending'))])
  offline.dispose()
  console.log(`@tanstack/offline-transactions ${version}: "${message}" -> tries ${tries}, ${told}, left in the outbox: ${kept.size}`)
  return `${tries} ${told} ${kept.size}`
}
const seen = [await order('no answer for order 51500'), await order('no answer for order 51400')]
const same = seen.join() === '2 committed 0,1 rejected 0'
console.log(same ? 'as described: digits in a message decide' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
