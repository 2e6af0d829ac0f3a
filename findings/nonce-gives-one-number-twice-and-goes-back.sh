#!/usr/bin/env bash
# The package nonce, for APIs that take each number once and only upwards, writes the time in hundredths of a millisecond and counts
# on within one. The 101st number of a millisecond is the first of the next, which is given out again; and two generators give the
# same.
# Seen with nonce 1.0.4, beside monotonic-timestamp 0.0.9, on Node 20 and 24: of 20,000 numbers taken one after the other more than
# 5,000 were given before, some are smaller than the one before; of 1,000 numbers each, taken by turns, two generators of one process
# share hundreds. monotonic-timestamp: none.
# Why it matters: the number is what the server knows a request by. The second of two with one number is refused as a repetition, or
# taken for the first and not executed; after one that went ahead of the time the next ones are "too small" until the time is there.
# What says otherwise: its description and README, unique and ever increasing timestamps.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent nonce@1.0.4 monotonic-timestamp@0.0.9
cat >run.cjs <<'PROGRAM'
const makeNonce = require('nonce')
const timestamp = require('monotonic-timestamp')

function take(generate) {
  const taken = new Set()
  let back = 0
  let last = 0
  for (let count = 0; count < 20_000; count++) {
    const number = generate()
    if (number < last) back++
    last = number
    taken.add(number)
  }
  return { again: 20_000 - taken.size, back }
}
const numbers = take(makeNonce())
const timestamps = take(timestamp)
const pair = [makeNonce(), makeNonce()]
const [first, second] = [new Set(), new Set()]
for (let count = 0; count < 1000; count++) {
  first.add(pair[0]())
  second.add(pair[1]())
}
const both = [...first].filter(number => second.has(number)).length
console.log('of 20000: nonce 1.0.4', numbers, 'monotonic-timestamp 0.0.9', timestamps, `; of 1000 numbers each, two generators share ${both}`)
const same = numbers.again > 5000 && numbers.back > 0 && timestamps.again === 0 && timestamps.back === 0 && both > 100
console.log(same ? 'as described: neither unique nor increasing' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
