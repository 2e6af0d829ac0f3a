#!/usr/bin/env bash
# Subscriptions and app stores tell a month as ISO 8601 does, P1M. Libraries for durations that read P1Y and P30D as such read it as a
# minute; a comma, ISO's own decimal sign, is taken out by two, so that PT1,5H is fifteen hours; and one takes what it does not know
# for milliseconds.
# Seen with parse-duration 2.1.9, timestring 7.0.0, enhanced-ms 5.0.0 and itty-time 2.0.2 on Node 20 and 24: P1M is 60,000 ms in the
# first three, P1Y a year, P1Y2M a year and two minutes; "1,5 h" is 15 hours in the first two. itty-time: "1 hour" is an hour, "24
# hrs" 24 ms, "30 d" 30 ms. "1M" is a minute to all but itty-time, which does not read it.
# Why it matters: such a text is the lifetime of a key, or the time until the next charge. A month of memory is over after a minute,
# and the repetition that comes then is executed; a subscription is charged again.
# What reads otherwise: ISO 8601. None of the READMEs names it, and parse-duration's has the comma as a sign of thousands; but P1Y,
# P30D and PT30M come out right, which is what one tries. ms 2.1.3 and human-interval 2.0.1 give no number for P1M.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent parse-duration@2.1.9 timestring@7.0.0 enhanced-ms@5.0.0 itty-time@2.0.2 ms@2.1.3 human-interval@2.0.1
cat >run.mjs <<'PROGRAM'
import { ms as enhanced } from 'enhanced-ms'
import humanInterval from 'human-interval'
import { ms as itty } from 'itty-time'
import ms from 'ms'
import parseDuration from 'parse-duration'
import timestring from 'timestring'

const readers = {
  'parse-duration': parseDuration,
  timestring: text => timestring(text, 'ms'),
  'enhanced-ms': text => enhanced(text),
  'itty-time': itty,
  ms,
  'human-interval': humanInterval,
}
const seen = {}
for (const text of ['P1M', 'P1Y', 'P30D', 'P1Y2M', 'PT1,5H', '1,5 h', '1M', '1 hour', '24 hrs', '30 d']) {
  seen[text] = Object.values(readers).map(read => {
    try {
      const told = read(text)
      return Number.isFinite(told) ? told / 1000 : 'none'
    } catch {
      return 'none'
    }
  }).join(' ')
}
console.log(`seconds by ${Object.keys(readers).join(', ')}:`, seen)
const expected = {
  P1M: '60 60 60 none none none',
  P1Y: '31557600 31557600 31536000 none none none',
  P30D: '2592000 2592000 2592000 none none none',
  P1Y2M: '31557720 31557720 31536120 none none none',
  'PT1,5H': '54000 54000 none none none none',
  '1,5 h': '54000 54000 none none none none',
  '1M': '60 60 60 none 60 none',
  '1 hour': '3600 3600 3600 3600 3600 3600',
  '24 hrs': '86400 86400 86400 0.024 86400 none',
  '30 d': '2592000 2592000 2592000 0.03 2592000 none',
}
const same = JSON.stringify(seen) === JSON.stringify(expected)
console.log(same ? 'as described: a month is a minute' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
