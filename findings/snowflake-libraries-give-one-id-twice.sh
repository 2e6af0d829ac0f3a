#!/usr/bin/env bash
# Three libraries for snowflake ids give out one id twice in one process, with one generator. Two begin their counter again
# within the same millisecond once it has been through its 4096 values, and do not wait for the next; the third has no counter
# but a random number.
# Seen with @sapphire/snowflake 3.5.5, snowyflake 2.0.1 and @theinternetfolks/snowflake 1.3.0 on Node 20 and 24: in a loop that
# makes ids, some are equal in each (the third: any two of one millisecond, one time in some thousand). flake-idgen 1.4.0
# refuses with an error where a millisecond has no more, and nodejs-snowflake 2.0.1 repeats none of two million.
# Why it matters: an import or a payout run takes its ids, and so its idempotency keys, in a loop. Where two are equal, one of
# the two payments is answered with the other's and never made.
# What says otherwise: README of @sapphire/snowflake ("a unique ID"), and of @theinternetfolks/snowflake, which says that the
# sequence begins at 0, is counted up, and that the generator waits for the next millisecond where it is used up.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @sapphire/snowflake@3.5.5 snowyflake@2.0.1 @theinternetfolks/snowflake@1.3.0 nodejs-snowflake@2.0.1 flake-idgen@1.4.0
cat >run.mjs <<'PROGRAM'
import { Snowflake as Sapphire } from '@sapphire/snowflake'
import { Snowflake as Folks } from '@theinternetfolks/snowflake'
import FlakeId from 'flake-idgen'
import { createRequire } from 'node:module'
import { Snowyflake } from 'snowyflake'

const { Snowflake: Native } = createRequire(import.meta.url)('nodejs-snowflake')
const sapphire = new Sapphire(0n)
const snowyflake = new Snowyflake({ workerId: 1n })
const native = new Native()
const flake = new FlakeId()
const libraries = {
  '@sapphire/snowflake': () => sapphire.generate(),
  snowyflake: () => snowyflake.nextId(),
  '@theinternetfolks/snowflake': () => Folks.generate(),
  'nodejs-snowflake': () => native.getUniqueID(),
  'flake-idgen': () => {
    try {
      return flake.next().toString('hex')
    } catch {
      return Symbol('refused')
    }
  },
}
const inARow = 50_000
/** Ids that were there before, of up to forty runs of 50,000. */
function repeated(make) {
  let made = 0
  for (let run = 0; run < 40; run++) {
    const ids = Array.from({ length: inARow }, make)
    made += inARow
    const twice = inARow - new Set(ids).size
    if (twice > 0) return { made, twice }
  }
  return { made, twice: 0 }
}
const seen = Object.entries(libraries).map(([name, make]) => {
  const { made, twice } = repeated(make)
  console.log(`${name}: ${made} ids, ${twice} of them twice`)
  return twice > 0
})
const same = seen.join() === 'true,true,true,false,false'
console.log(same ? 'as described: three of five repeat' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
