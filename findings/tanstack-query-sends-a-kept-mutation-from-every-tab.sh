#!/usr/bin/env bash
# TanStack Query can keep a mutation that waits for the network, so that it outlives the page. Each page that opens takes it
# from the storage and sends it: a second tab makes the payment that the first one is still going to make.
# Seen with @tanstack/query-core 5.104.4 and its persister for localStorage of the same version on Node 20 and 24, two clients
# over one storage as two tabs have it: "pay order-51" is made while offline and kept; a second tab opens; the network comes
# back: both run it, once each. A third tab that opens within a second of that, before the storage is written anew, once more.
# Why it matters: opening the shop again beside the old tab is what one does when "it does not go on". Nothing of the mutation
# says that it has gone out elsewhere, so its variables must hold the idempotency key, made before it is kept.
# What reads otherwise: the documentation of resumePausedMutations, where one page is closed and opened again.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @tanstack/query-core@5.104.4 @tanstack/query-persist-client-core@5.104.4 @tanstack/query-sync-storage-persister@5.104.4
cat >run.mjs <<'PROGRAM'
import { MutationObserver, onlineManager, QueryClient } from '@tanstack/query-core'
import { persistQueryClient } from '@tanstack/query-persist-client-core'
import { createSyncStoragePersister } from '@tanstack/query-sync-storage-persister'

const pause = ms => new Promise(done => setTimeout(done, ms))
const texts = new Map()
const storage = { getItem: key => texts.get(key) ?? null, setItem: (key, text) => texts.set(key, text), removeItem: key => texts.delete(key) }
const executed = []
async function tab(name) {
  const queryClient = new QueryClient()
  queryClient.setMutationDefaults(['pay'], {
    mutationFn: async order => {
      executed.push(`${name} pays ${order}`)
      await pause(1500)
    },
  })
  const [, restored] = persistQueryClient({ queryClient, persister: createSyncStoragePersister({ storage }) })
  await restored
  queryClient.mount()
  return queryClient
}
onlineManager.setOnline(false)
const first = await tab('the first tab')
new MutationObserver(first, { mutationKey: ['pay'] }).mutate('order-51').catch(() => {})
while (!texts.size) await pause(20) // the persister writes once a second
await tab('the second tab')
onlineManager.setOnline(true) // what each tab resumes by itself
await pause(100)
const third = await tab('the third tab')
await Promise.all([third.resumePausedMutations(), pause(100)]) // as an application does when it is restored
console.log('@tanstack/query-core 5.104.4:', executed)
const same = executed.toSorted().join() === 'the first tab pays order-51,the second tab pays order-51,the third tab pays order-51'
console.log(same ? 'as described: one order, a payment by each tab' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
