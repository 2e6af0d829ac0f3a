#!/usr/bin/env bash
# urql's offline exchange keeps a mutation that the network lost, to send it again when the browser is online. Where the browser
# does not call itself offline, it reads from the words of fetch's error whether it was the network, and knows those of Chrome and
# Firefox. In Safari the mutation is dropped; in Chrome one whose answer was lost is executed again.
# Seen with @urql/exchange-graphcache 9.0.2 and @urql/core 6.0.3 on Node 20 and 24, fetch rejecting as each browser does:
# "Failed to fetch" and "NetworkError when attempting to fetch resource.": the mutation waits, and goes out again at "online";
# "Load failed" (Safari), "fetch failed" (Node): an error at once, nothing is kept. The option `isOfflineError` is yours to set.
# Why it matters: one app has two promises. On an iPhone in a train an order is gone though the page showed it; elsewhere an order
# that was executed goes out once more, with no key that tells the two apart.
# What reads otherwise: the documentation of offlineExchange, a mutation that fails for want of a network is tried again later.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent --legacy-peer-deps @urql/exchange-graphcache@9.0.2 @urql/core@6.0.3 graphql@16.15.0
cat >run.mjs <<'PROGRAM'
import { Client, fetchExchange, gql } from '@urql/core'
import { offlineExchange } from '@urql/exchange-graphcache'

const pause = () => new Promise(done => setTimeout(done, 300))
async function pay(words) {
  let sends = 0
  let kept = 0
  let online
  const storage = {
    writeData: async () => {},
    readData: async () => ({}),
    writeMetadata: entries => (kept = entries.length),
    readMetadata: async () => null,
    onOnline: listener => (online = listener),
  }
  const optimistic = { pay: () => ({ __typename: 'Payment', id: 'on its way' }) }
  const fetch = async () => {
    sends++ // the server may have executed
    throw new TypeError(words)
  }
  const client = new Client({ url: 'https://shop.test/graphql', exchanges: [offlineExchange({ storage, optimistic }), fetchExchange], fetch, preferGetMethod: false })
  let told = 'waits'
  client.mutation(gql`mutation { pay { __typename id } }`, {}).toPromise().then(({ error }) => (told = error ? 'error' : 'data'))
  await pause()
  const before = `${told}, ${kept} kept, ${sends} sent`
  online()
  await pause()
  console.log(`"${words}": ${before}; online again: ${sends} sent`)
  return `${before}, ${sends}`
}
const seen = []
for (const words of ['Failed to fetch', 'NetworkError when attempting to fetch resource.', 'Load failed', 'fetch failed']) seen.push(await pay(words))
const keeps = 'waits, 1 kept, 1 sent, 2'
const drops = 'error, 0 kept, 1 sent, 1'
const same = seen.join('; ') === [keeps, keeps, drops, drops].join('; ')
console.log(same ? 'as described: kept or dropped by a wording' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
