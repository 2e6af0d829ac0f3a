#!/usr/bin/env bash
# A line of an MT940 statement has its value date with the year and its entry date without one. Two libraries take the year of the
# value date for both: what is of value on 29 December and booked on 2 January is booked a year before.
# Seen with mt940js 1.3.5 and mt940-js 1.0.0 on Node 20 and 24: `:61:2612290102C…` has the entry date 2026-01-02, 361 days too
# early, and `:61:2701021231D…` 2027-12-31, a date to come. Both in every statement at the turn of the year.
# Why it matters: what looks for a payment "booked since the order" does not find it, and the order is paid again, or reminded.
# What reads otherwise: SWIFT's own rule is that the entry date is near the value date; in June both libraries are right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent mt940js@1.3.5 mt940-js@1.0.0 tslib@2.8.1
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Parser } = require('mt940js')
const { read } = require('mt940-js')
const lines = [
  ':20:STATEMENT',
  ':25:DE89370400440532013000',
  ':28C:00001/001',
  ':60F:C260601EUR100,00',
  ':61:2606020603C5,00NTRFNONREF//B0',
  ':86:in June',
  ':61:2612290102C12,50NTRFNONREF//B1',
  ':86:of the old year',
  ':61:2701021231D2,50NTRFNONREF//B2',
  ':86:of the new year',
  ':62F:C270102EUR115,00',
  '-',
].join('\r\n')
const given = {
  'mt940js 1.3.5': new Parser().parse(lines)[0].transactions.map(({ date, entryDate }) => [date, entryDate].map(day => day.toISOString().slice(0, 10))),
  'mt940-js 1.0.0': (await read(Buffer.from(lines)))[0].transactions.map(({ valueDate, entryDate }) => [valueDate, entryDate]),
}
for (const [name, days] of Object.entries(given)) for (const [value, entry] of days) console.log(`${name}: of value ${value}, booked ${entry}`)
const expected = '2026-06-02,2026-06-03,2026-12-29,2026-01-02,2027-01-02,2027-12-31'
const same = Object.values(given).every(days => days.join() === expected)
console.log(same ? 'as described: booked a year off' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 30 node run.mjs
