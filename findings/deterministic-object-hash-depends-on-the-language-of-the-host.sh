#!/usr/bin/env bash
# deterministic-object-hash sorts the keys of an object by the rules of the host's language (`localeCompare`). The same
# object has one hash on a host that is set to English and another one on a host that is set to Czech or Estonian.
# Seen with deterministic-object-hash 2.0.2 on Node 20 and 24: { charge, customer } under LC_ALL=en_US and cs_CZ, where "ch"
# is a letter behind "h"; { total, zip } under en_US and et_EE, where "z" is before "t". canonicalize 5.1.0, object-hash
# 3.0.0, ohash 2.0.12 and safe-stable-stringify 3.0.0 say the same everywhere.
# Why it matters: as a fingerprint of a request it makes a retry that reaches another host "the same key with another body"
# (refused), and as the key itself another operation (executed again). On one machine it never shows.
# What says otherwise: its name, and its description, "A deterministic object hashing algorithm for Node.js."
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent deterministic-object-hash@2.0.2 canonicalize@5.1.0 object-hash@3.0.0 ohash@2.0.12 safe-stable-stringify@3.0.0
cat >host.mjs <<'PROGRAM'
import canonicalize from 'canonicalize'
import { createRequire } from 'node:module'
import { hash } from 'ohash'
import { stringify } from 'safe-stable-stringify'

const require = createRequire(import.meta.url)
const deterministic = require('deterministic-object-hash').default
const objectHash = require('object-hash')
const orders = [
  { charge: 20, customer: 'c1' },
  { total: 20, zip: '10115' },
]
const seen = { deterministic: [], others: [] }
for (const order of orders) {
  seen.deterministic.push(await deterministic(order))
  seen.others.push(canonicalize(order), objectHash(order), hash(order), stringify(order))
}
console.log(JSON.stringify(seen))
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFileSync } from 'node:child_process'

const on = language => {
  const env = { ...process.env, LC_ALL: `${language}.UTF-8` }
  const seen = JSON.parse(execFileSync(process.execPath, ['host.mjs'], { env, encoding: 'utf8' }))
  console.log(language, 'charge, customer:', seen.deterministic[0].slice(0, 8), 'total, zip:', seen.deterministic[1].slice(0, 8))
  return seen
}
const [english, again, czech, estonian] = ['en_US', 'en_US', 'cs_CZ', 'et_EE'].map(on)
const others = [again, czech, estonian].every(seen => seen.others.join() === english.others.join())
console.log('the four other libraries:', others ? 'the same on each host' : 'not the same')
const same =
  others &&
  english.deterministic.join() === again.deterministic.join() &&
  english.deterministic[0] !== czech.deterministic[0] &&
  english.deterministic[1] !== estonian.deterministic[1]
console.log(same ? 'as described: another host, another hash' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
