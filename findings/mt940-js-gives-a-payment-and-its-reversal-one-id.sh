#!/usr/bin/env bash
# mt940-js gives each line of a bank statement an `id`, a hash of the fields that it reads. Two equal payments of one day have one
# id, and so has a payment and its reversal: the letter that says "reversal" is not among the fields.
# Seen with mt940-js 1.0.0 (tslib beside it) on Node 20 and 24: a statement with a debit of 1,50 (`D`), a second one, and the
# reversal of a debit (`RD`), all of one day and text: three lines, one id, and the reversal is told as `isCredit: false`, as money
# that went out.
# Why it matters: an id is what imports leave out duplicates by. Of three bookings one is kept; and the sum of the lines, which the
# statement's closing balance would have told, is 4,50 out instead of 1,50.
# What reads otherwise: the field :61: of MT940 has RC and RD for what takes a booking back. The README shows how the id is made;
# `getTransactionId(transaction, index)` lets one make another.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent mt940-js@1.0.0 tslib@2.8.1
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'

const { read } = createRequire(import.meta.url)('mt940-js')
const lines = [
  ':20:STATEMENT',
  ':25:DE89370400440532013000',
  ':28C:00001/001',
  ':60F:C260601EUR100,00',
  ':61:260602D1,50NTRFNONREF',
  ':86:coffee',
  ':61:260602D1,50NTRFNONREF',
  ':86:coffee',
  ':61:260602RD1,50NTRFNONREF',
  ':86:coffee',
  ':62F:C260602EUR98,50',
  '-',
]
const [statement] = await read(Buffer.from(lines.join('\r\n')))
const { transactions, closingBalance } = statement
for (const { id, amount, isCredit } of transactions) console.log('mt940-js 1.0.0:', id, amount, isCredit ? 'in' : 'out')
const total = transactions.reduce((sum, { amount, isCredit }) => sum + (isCredit ? amount : -amount), 100)
const ids = new Set(transactions.map(({ id }) => id))
console.log(`${transactions.length} lines, ${ids.size} id; the lines end at ${total}, the statement at ${closingBalance.value}`)
const same = transactions.length === 3 && ids.size === 1 && transactions.every(({ isCredit }) => !isCredit) && total === 95.5 && closingBalance.value === 98.5
console.log(same ? 'as described: three bookings, one id' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 30 node run.mjs
