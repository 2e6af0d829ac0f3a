#!/usr/bin/env bash
# qif2json takes one comma out of an amount and reads as far as it understands: 1,234,567.89 is 1234. In the parts of a split it takes
# out none: 1,234.56 is 1. A month of 30 is no month to nobody: by its default 11/30/2026 is the 11th of June 2028.
# Seen with qif2json 0.4.0 on Node 20 and 24: `T-1,234,567.89` gives -1234, `$-1,234.56` gives -1 beside a total of -1234.56,
# `T-1,234.56` is right. `D11/30/2026` gives 2028-06-11 without an option, 2026-11-30 with dateFormat "us"; "<invalid date ..." is
# what it writes where it cannot read one.
# Why it matters: books that are filled from such a file do not find a payment of more than a million, nor one of the 30th of November
# near its day, so it is "open", and is paid again. Small sums of the first twelve days of a month read well, as in a test.
# What reads otherwise: the package's own handling of the comma; its README, dates "will use us-format" with the option: without, a
# date that is none in the other order could be told as invalid.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent qif2json@0.4.0
cat >run.cjs <<'PROGRAM'
const { parse } = require('qif2json')

const entry = lines => `${['!Type:Bank', ...lines, '^'].join('\n')}\n`
const read = (lines, options) => parse(entry(lines), options).transactions[0]
const seen = {
  million: read(['D11/30/2026', 'T-1,234,567.89', 'PExample Supplier']).amount,
  thousand: read(['D11/30/2026', 'T-1,234.56', 'PExample Supplier']).amount,
  split: read(['D11/30/2026', 'T-1,234.56', 'PExample Supplier', 'SGoods', '$-1,234.56']).division[0].amount,
  date: read(['D11/30/2026', 'T-1']).date,
  'date, us': read(['D11/30/2026', 'T-1'], { dateFormat: 'us' }).date,
  'date, none': read(['Dsoon', 'T-1']).date,
}
console.log(`qif2json ${require('qif2json/package.json').version}`, seen)
const same = seen.million === -1234 && seen.thousand === -1234.56 && seen.split === -1
  && seen.date === '2028-06-11T00:00:00' && seen['date, us'] === '2026-11-30T00:00:00' && seen['date, none'] === '<invalid date:"soon">'
console.log(same ? 'as described: a million is a thousand' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
