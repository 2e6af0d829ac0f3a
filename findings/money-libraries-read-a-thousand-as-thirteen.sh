#!/usr/bin/env bash
# Python's Decimal and Java's BigDecimal write 1000 as 1E+3 once the zeros behind the point were taken off. Three libraries for
# money in JavaScript take the letter and the sign out of such a text, and read 13.
# Seen with currency.js 2.0.4, accounting 0.4.1 and numeral 2.0.6 on Node 20 and 24, Python 3: str(Decimal('1000.00').normalize())
# is "1E+3": 13 in all three; 1500 is "1.5E+3": 1.53. Number() reads 1000 and 1500, and the three read "1000.00" as 1000.
# Why it matters: amounts travel as texts just so that no digit is lost. Whoever tests with 19.90 and 1234.5 sees nothing; only
# round sums are written so, and 1000 becomes 13 without an error.
# What reads otherwise: JSON, in which 1E+3 is a number; Python's documentation of normalize() warns of that form for 5E+1.
set -eu
command -v python3 >/dev/null || {
  echo 'needs python3'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent currency.js@2.0.4 accounting@0.4.1 numeral@2.0.6
cat >run.mjs <<'PROGRAM'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const readers = {
  'currency.js 2.0.4': text => require('currency.js')(text).value,
  'accounting 0.4.1': text => require('accounting').unformat(text),
  'numeral 2.0.6': text => require('numeral')(text).value(),
  Number,
}
const amounts = ['1000.00', '1500.00', '1234.50']
const python = `from decimal import Decimal
print(' '.join(str(Decimal(text).normalize()) for text in '${amounts.join(' ')}'.split()))`
const texts = String(execFileSync('python3', ['-c', python])).trim().split(' ')
console.log(`Python writes ${amounts.join(', ')} as ${texts.join(', ')}`)
const seen = Object.entries(readers).map(([name, read]) => {
  const values = [...texts, '1000.00'].map(read)
  console.log(`${name} reads ${values.slice(0, 3).join(', ')}; and "1000.00" as ${values[3]}`)
  return values.join(' ')
})
const thirteen = '13 1.53 1234.5 1000'
const same = texts.join() === '1E+3,1.5E+3,1234.5' && seen.join('; ') === [thirteen, thirteen, thirteen, '1000 1500 1234.5 1000'].join('; ')
console.log(same ? 'as described: a thousand is thirteen' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 30 node run.mjs
