#!/usr/bin/env bash
# A file of payments for American banks comes in blocks of ten lines, and says at its end how many. node-nacha fills the last block up
# with lines of nines, also where it is full: a file of 10, 20, 30 lines has one block more than it says.
# Seen with @midlandsbank/node-nacha 0.4.0 on Node 20 and 24: files of 1 to 30 payments in one batch: those of 6, 16 and 26 have 20,
# 30 and 40 lines and say 1, 2 and 3 blocks; the others say as many as they have.
# Why it matters: one run in ten is refused as a whole, for a count that nobody wrote, on the day when there are just so many
# payments. Made again with one payment left out it passes, and who was left out is not paid.
# What reads otherwise: the rules of Nacha, the block count is the number of blocks in the file, the control record included.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent @midlandsbank/node-nacha@0.4.0
cat >run.cjs <<'PROGRAM'
const nacha = require('@midlandsbank/node-nacha')

function lines(payments) {
  let file = nacha.create({ from: { name: 'Example Company', fein: '123456789' }, for: { name: 'Example Bank', routing: '021000021' } })
    .ccd({ effectiveDate: '261201', description: 'Payment' })
  for (let number = 1; number <= payments; number++) {
    file = file.credit({ name: 'Example Supplier', account: { num: `13579${number}`, type: 'C' }, routing: '011000015', amount: 2000, identificationNumber: `ORDER-${number}` })
  }
  return nacha.from(file).to('ach').split('\n').filter(Boolean)
}
const wrong = []
for (let payments = 1; payments <= 30; payments++) {
  const file = lines(payments)
  const said = Number(file.find(line => /^9\d{6}0/.test(line)).slice(7, 13))
  if (said * 10 !== file.length) wrong.push(`${payments}: ${file.length} lines, ${said} blocks`)
}
console.log('@midlandsbank/node-nacha 0.4.0', wrong)
const same = wrong.join() === '6: 20 lines, 1 blocks,16: 30 lines, 2 blocks,26: 40 lines, 3 blocks'
console.log(same ? 'as described: one block too many' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
