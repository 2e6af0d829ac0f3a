#!/usr/bin/env bash
# node-nacha writes files of payments for American banks. The note of a payment, its addenda, is written under the number of the next
# payment; and ids of more than 15 characters are cut, so that the orders of a year have one id.
# Seen with @midlandsbank/node-nacha 0.4.0 on Node 20 and 24: two credits with the notes "INVOICE 51" and "INVOICE 52": their trace
# numbers end in 0000000 and 0000001, the notes say that they belong to 0000001 and 0000002. `identificationNumber`
# "ORDER-2026-000051" and "ORDER-2026-000052" are both "ORDER-2026-0000" in the file, and in what `from()` reads of it. No error.
# Why it matters: the receiver's books find the invoice by the note and the order by the id. A bank that goes by the number gives the
# first payment's note to the second, and no note to the first; a return is told with the id, which is that of every order.
# What reads otherwise: the rules of Nacha, the addenda's entry detail sequence number is the last seven digits of its entry's trace
# number; the README's example file has ids of up to 15 characters, its text names no limit.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent @midlandsbank/node-nacha@0.4.0
cat >run.cjs <<'PROGRAM'
const nacha = require('@midlandsbank/node-nacha')

let file = nacha.create({ from: { name: 'Example Company', fein: '123456789' }, for: { name: 'Example Bank', routing: '021000021' } })
  .ccd({ effectiveDate: '261201', description: 'Payment' })
for (const number of [51, 52]) {
  file = file.credit({
    name: 'Example Supplier',
    account: { num: `1357924${number}`, type: 'C' },
    routing: '011000015',
    amount: 2000,
    identificationNumber: `ORDER-2026-0000${number}`,
    addenda: `INVOICE ${number}`,
  })
}
const text = nacha.from(file).to('ach')
const lines = text.split('\n')
const entries = lines.filter(line => line.startsWith('6')).map(line => `${line.slice(39, 54)} ${line.slice(87, 94)}`)
const notes = lines.filter(line => line.startsWith('7')).map(line => `${line.slice(3, 83).trim()} ${line.slice(87, 94)}`)
const read = nacha.from(text).data.batches[0].entries.map(entry => entry.identificationNumber)
console.log('@midlandsbank/node-nacha 0.4.0', { entries, notes, read })
const same = entries.join() === 'ORDER-2026-0000 0000000,ORDER-2026-0000 0000001'
  && notes.join() === 'INVOICE 51 0000001,INVOICE 52 0000002' && read.join() === 'ORDER-2026-0000,ORDER-2026-0000'
console.log(same ? 'as described: the note of the one is that of the next' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
