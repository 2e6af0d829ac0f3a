#!/usr/bin/env bash
# ratelimit-header-parser, which makes one form of the many headers of rate limits, reads Retry-After as seconds since 1970: "in two
# minutes" is two minutes past midnight, 56 years ago. Milliseconds since 1970 in X-RateLimit-Reset are read as seconds: the year 58883.
# Seen with ratelimit-header-parser 0.1.0 on Node 20 and 24: X-RateLimit-Remaining: 0 and Retry-After: 120: reset 1970-01-01T00:02:00Z;
# Retry-After as a date: Invalid Date; X-RateLimit-Reset in milliseconds: year 58883; RateLimit as in today's draft (`"default";r=0;t=120`):
# NaN and Invalid Date. RateLimit-Reset: 120 is right, in 120 s.
# Why it matters: `reset - now` is what a client sleeps. Below zero it sends at once, again and again, against a server that sheds load; NaN
# is at once too; and past 24.8 days setTimeout is at once as well. None of the four ways waits.
# What reads otherwise: RFC 9110 10.2.3, Retry-After is a number of seconds from now, or a date.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent ratelimit-header-parser@0.1.0
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'

const { parseRateLimit } = createRequire(import.meta.url)('ratelimit-header-parser')
const now = Date.now()
const used = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0' }
const forms = {
  'Retry-After in seconds': { ...used, 'retry-after': '120' },
  'Retry-After as a date': { ...used, 'retry-after': new Date(now + 120_000).toUTCString() },
  'X-RateLimit-Reset in milliseconds': { ...used, 'x-ratelimit-reset': '1796021700000' },
  "RateLimit of today's draft": { ratelimit: '"default";r=0;t=120', 'ratelimit-policy': '"default";q=100;w=60' },
  'RateLimit-Reset': { 'ratelimit-limit': '100', 'ratelimit-remaining': '0', 'ratelimit-reset': '120' },
}
const seen = []
for (const [name, headers] of Object.entries(forms)) {
  const { reset } = parseRateLimit(headers)
  const moment = Number.isNaN(reset.getTime()) ? 'no moment' : reset.toISOString()
  console.log(`ratelimit-header-parser 0.1.0, ${name}: reset ${moment}`)
  seen.push(name === 'RateLimit-Reset' ? Math.abs(reset - now - 120_000) < 5000 : moment)
}
const same = seen.join() === '1970-01-01T00:02:00.000Z,no moment,+058883-08-30T04:40:00.000Z,no moment,true'
console.log(same ? 'as described: a wait that is over before it begins' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
