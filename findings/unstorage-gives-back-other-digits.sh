#!/usr/bin/env bash
# unstorage parses what it reads: a string that looks like JSON comes back as what the JSON means. An id of
# digits returns as a number, rounded past 2^53, and a quoted idempotency key returns without its quotes.
# Seen with unstorage 1.17.6, memory and file driver, on Node 20 and 24: setItem('a', '9007199254740993') gives
# 9007199254740992 (a number), '"order-51"' gives order-51, 'true' gives the boolean.
# Why it matters: a stored key or charge id that is sent again is then another one, and a comparison with the
# original string fails. getItemRaw gives the text back, so what was written is right and only the reading changes it.
# What says otherwise: the types, where setItem<string> is read by getItem<string>.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent unstorage@1.17.6
cat >run.mjs <<'PROGRAM'
import { readFileSync } from 'node:fs'
import { createStorage } from 'unstorage'
import fileDriver from 'unstorage/drivers/fs'
import memoryDriver from 'unstorage/drivers/memory'

const { version } = JSON.parse(readFileSync('node_modules/unstorage/package.json', 'utf8'))
const texts = ['9007199254740993', '"order-51"', 'true', 'order-51']
let same = true
for (const [name, driver] of Object.entries({ memory: memoryDriver(), fs: fileDriver({ base: 'stored' }) })) {
  const storage = createStorage({ driver })
  const read = []
  for (const text of texts) {
    await storage.setItem('key', text)
    read.push(await storage.getItem('key'))
  }
  console.log(`unstorage ${version} (${name}): written`, texts, 'read', read)
  same &&= JSON.stringify(read) === '[9007199254740992,"order-51",true,"order-51"]'
}
console.log(same ? 'as described: strings of digits and quoted strings change' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
