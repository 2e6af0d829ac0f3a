#!/usr/bin/env bash
# async-cache-dedupe tells calls apart by the JSON of their argument. What JSON does not show does not count: two
# calls with different Maps or Sets, or with 2n and 2, are "the same call", and the second caller gets the first
# one's result.
# Seen with async-cache-dedupe 3.4.0 on Node 20 and 24: two orders at once, each a Map of its lines, run the
# function once; both callers are told the first order's total.
# Why it matters: used to keep a double click from paying twice, it keeps a second, different order from being
# paid at all and tells its caller that it was. A `serialize` function of one's own is needed.
# Source: its README names safe-stable-stringify as what computes the key, and not what follows for such arguments.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent async-cache-dedupe@3.4.0
cat >run.mjs <<'PROGRAM'
import { readFileSync } from 'node:fs'
import { createCache } from 'async-cache-dedupe'

const { version } = JSON.parse(readFileSync('node_modules/async-cache-dedupe/package.json', 'utf8'))
async function both(first, second) {
  const executed = []
  const cache = createCache({ ttl: 1, storage: { type: 'memory' } })
  cache.define('pay', async order => {
    const number = executed.push(order)
    await new Promise(done => setTimeout(done, 20))
    return `paid order ${number}`
  })
  const told = await Promise.all([cache.pay(first), cache.pay(second)])
  console.log(`async-cache-dedupe ${version}:`, first, 'and', second, '-> executed', executed.length, told)
  return executed.length
}
const runs = [
  await both(new Map([['tea', 1]]), new Map([['tea', 100]])),
  await both({ lines: new Set(['tea']) }, { lines: new Set(['coffee']) }),
  await both({ amount: 2n }, { amount: 2 }),
  await both({ amount: 1 }, { amount: 2 }),
]
const same = runs.join() === '1,1,1,2'
console.log(same ? 'as described: one execution for two orders' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
