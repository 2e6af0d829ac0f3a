#!/usr/bin/env bash
# A UUID of version 1 has the time in it, and PostgreSQL reads it. id128 counts 4,096 steps in a millisecond where the standard counts
# 10,000: its ids of today are of September 1764 to everybody else, and everybody else's are of 2667 to it. uuid-1345 sets the two
# bits wrong that say by what standard an id is made: its version 1 has no time for PostgreSQL and is no UUID for the package uuid.
# Seen with id128 1.6.6, uuid-1345 1.0.2 and uuid 14.0.3, read by uuid_extract_timestamp of PostgreSQL 18 (PGlite 0.5.17), on Node 20
# and 24, on 30 November 2026: uuid's v1 gives 2026-11-30, id128's Uuid1 1764-09-12; id128 reads uuid's as 2667-01-30. uuid-1345's v1
# gives null, and uuid's `validate` false; its own `check` calls the variant "ncs". id128 reads its own as 2026.
# Why it matters: the time in the key is what decides that a key is past its lifetime, or new. A key of 1764 is expired at once and
# its operation runs again; one of 2667 never is; and a server that asks for a UUID refuses every key of the third.
# What says otherwise: README of id128, its Uuid1 implements the time of RFC 4122; of uuid-1345, "strictly conforming" to it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent id128@1.6.6 uuid-1345@1.0.2 uuid@14.0.3 @electric-sql/pglite@0.5.17
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { v1, validate } from 'uuid'

const require = createRequire(import.meta.url)
const { Uuid1 } = require('id128')
const uuid1345 = require('uuid-1345')
const database = await PGlite.create()
const days = date => Math.round((date - Date.now()) / 86_400_000)
async function read(name, id) {
  const { rows } = await database.query('select uuid_extract_timestamp($1::uuid) as at', [id])
  const { at } = rows[0]
  console.log(`${name}: ${id}, PostgreSQL ${at?.toISOString() ?? 'no time'}, uuid ${validate(id) ? 'valid' : 'invalid'}`)
  return `${at === null ? 'none' : days(at)} ${validate(id)}`
}
const seen = [
  await read('uuid 14.0.3 v1', v1()),
  await read('id128 1.6.6 Uuid1', Uuid1.generate().toCanonical()),
  await read('uuid-1345 1.0.2 v1', uuid1345.v1()),
]
const own = Uuid1.fromCanonical(Uuid1.generate().toCanonical()).time
const others = Uuid1.fromCanonical(v1().toUpperCase()).time
const { variant } = uuid1345.check(uuid1345.v1())
console.log(`id128 reads its own as ${own.toISOString()} and that of uuid as ${others.toISOString()}; uuid-1345 calls its own ${variant}`)
const [, theirs] = seen[1].match(/^(-\d+) true$/) ?? []
const same = seen[0] === '0 true' && theirs < -95_000 && seen[2] === 'none false' && days(own) === 0 && days(others) > 230_000 && variant === 'ncs'
console.log(same ? 'as described: 1764' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
