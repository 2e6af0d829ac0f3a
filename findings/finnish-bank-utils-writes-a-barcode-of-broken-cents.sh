#!/usr/bin/env bash
# finnish-bank-utils counts the cents of an invoice's bar code by multiplying the euros by 100. Where that is no whole number, and it
# is none for one amount in eleven, the digits behind the point go into the code, which is longer than the standard's 54 digits and is
# no digits only. It is returned like any other.
# Seen with finnish-bank-utils 1.3.3 on Node 20 and 24: of the amounts 0.01 to 1000.00 the codes of 9175 are too long; 19.99 is
# written with the cents "98.99999999999977"; its own reader gives false for these. 35 more are of 54 characters and are read back as
# another amount or not at all. 482.99 and 693.8, the examples of the README, are right.
# Why it matters: this is the code that the payer's bank app takes account, amount and reference from. One invoice in eleven cannot be
# read, so it is typed in, with the reference wrong, and is open in the books though it is paid.
# What reads otherwise: the package refuses, with false, an amount that has more than two decimals; Finance Finland's guide to the bar
# code: 54 digits, two of them cents.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent finnish-bank-utils@1.3.3
cat >run.cjs <<'PROGRAM'
const utils = require('finnish-bank-utils')

const code = sum => utils.formatFinnishVirtualBarCode({ iban: 'FI2112345600000785', sum, reference: '1234561', date: '1.12.2026' })
let long = 0
let other = 0
let read = 0
for (let cents = 1; cents <= 100_000; cents++) {
  const text = code(cents / 100)
  const back = utils.parseFinnishVirtualBarCode(text)
  if (text.length !== 54) {
    long++
    if (back !== false) read++
  } else if (back.sum !== cents / 100) other++
}
const seen = { long, read, other, 19.99: code(19.99), 482.99: code(482.99) }
console.log('finnish-bank-utils 1.3.3, of 100000 amounts', seen)
const same = long === 9175 && read === 0 && other === 35
  && seen[19.99] === '4211234560000078500001998.9999999999997700000000000000001234561261201'
  && seen[482.99] === '421123456000007850004829900000000000000001234561261201'
console.log(same ? 'as described: cents behind a point' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
