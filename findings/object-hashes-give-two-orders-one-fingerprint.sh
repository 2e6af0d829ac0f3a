#!/usr/bin/env bash
# Three libraries that hash objects give different orders one hash. node-object-hash takes a list and its reverse for one, and
# one text with a comma for two texts; hash-it does not look into URLSearchParams, nor hash-sum into FormData or a Map; and
# hash-sum has 32 bits, so that two amounts of one order meet.
# Seen with node-object-hash 3.1.1, hash-it 7.0.2 and hash-sum 2.0.0, defaults, on Node 20 and 24: a transfer from A to B and
# from B to A, the lines ["milk,tea"] and ["milk", "tea"]; a form with amount=20 and with amount=99; orders of 122.98 and
# 325.92, the first of three pairs among the amounts up to 1,000.00. ohash 2.0.12 tells all of them apart.
# Why it matters: the hash is what a server keeps to see that a key came back with another order. Here the other order has
# the same one, and is answered with the first one's payment and not executed; as the key itself likewise.
# What says otherwise: README of node-object-hash ("unique string representation of your object"), of hash-sum ("unique hash
# generator"; it says that they have four bytes); the description of hash-it, "Hash any object based on its value".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent node-object-hash@3.1.1 hash-it@7.0.2 hash-sum@2.0.0 ohash@2.0.12
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { hasher } from 'node-object-hash'
import { hash as ohash } from 'ohash'

const require = createRequire(import.meta.url)
const hashIt = require('hash-it')
const hashSum = require('hash-sum')
const libraries = { 'node-object-hash': hasher().hash, 'hash-it': hashIt.hash ?? hashIt.default ?? hashIt, 'hash-sum': hashSum, ohash }
const form = amount => {
  const data = new FormData()
  data.set('amount', amount)
  return data
}
const pairs = {
  'from A to B, from B to A': [{ accounts: ['A', 'B'] }, { accounts: ['B', 'A'] }],
  'one line, two lines': [{ lines: ['milk,tea'] }, { lines: ['milk', 'tea'] }],
  'URLSearchParams of 20 and 99': [new URLSearchParams({ amount: '20' }), new URLSearchParams({ amount: '99' })],
  'FormData of 20 and 99': [form('20'), form('99')],
  'Map of 20 and 99': [new Map([['amount', 20]]), new Map([['amount', 99]])],
  '122.98 and 325.92': [12298, 32592].map(amount => ({ customer: 'cus_1', currency: 'eur', amount })),
}
const equal = {}
for (const [name, hash] of Object.entries(libraries)) {
  equal[name] = Object.keys(pairs).filter(pair => hash(pairs[pair][0]) === hash(pairs[pair][1]))
  console.log(`${name}, one hash for: ${equal[name].join('; ') || 'none'}`)
}
const same =
  equal['node-object-hash'].slice(0, 2).join() === 'from A to B, from B to A,one line, two lines' &&
  equal['hash-it'].join() === 'URLSearchParams of 20 and 99,FormData of 20 and 99' &&
  equal['hash-sum'].join() === 'FormData of 20 and 99,Map of 20 and 99,122.98 and 325.92' &&
  equal.ohash.length === 0
console.log(same ? 'as described: two orders, one fingerprint' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
