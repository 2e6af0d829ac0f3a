#!/usr/bin/env bash
# unstorage rewrites keys before it looks them up: "/" and "\" become ":", repeated and outer ones go, and all
# from the first "?" on is cut off. Different keys are then one entry, without a word.
# Seen with unstorage 1.17.6, memory driver, on Node 20 and 24: after setItem('order?line=1', 'first'),
# getItem('order?line=2') gives 'first'; 'shop/51', 'shop:51', ':shop::51:' and 'shop\51' are one entry.
# Why it matters: an idempotency key may hold any of these characters. Two operations whose keys differ behind
# a "?" or by a separator find each other's record: the second is answered by the first and never executed.
# Hash the key before it becomes the name of an entry.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent unstorage@1.17.6
cat >run.mjs <<'PROGRAM'
import { readFileSync } from 'node:fs'
import { createStorage } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'

const { version } = JSON.parse(readFileSync('node_modules/unstorage/package.json', 'utf8'))
const pairs = [['order?line=1', 'order?line=2'], ['shop/51', 'shop:51'], ['shop:51', ':shop::51:'], ['shop\\51', 'shop/51'], ['shop-51', 'shop.51']]
const found = []
for (const [written, asked] of pairs) {
  const storage = createStorage({ driver: memoryDriver() })
  await storage.setItem(written, 'first')
  found.push(await storage.getItem(asked))
  console.log(`unstorage ${version}: written under ${written}, asked for ${asked}: ${found.at(-1)}`)
}
const same = JSON.stringify(found) === '["first","first","first","first",null]'
console.log(same ? 'as described: one entry for different keys' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
