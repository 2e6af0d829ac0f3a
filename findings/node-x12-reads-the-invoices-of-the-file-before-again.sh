#!/usr/bin/env bash
# A parser of node-x12 keeps what it has parsed. The second file that is given to the same parser comes back with the invoices of the
# first in front of its own; and so does the third.
# Seen with node-x12 1.7.1 on Node 20 and 24, three files with one invoice (810) each: `new X12Parser()` gives one and the same object
# three times, which ends with INV-51, INV-52 and INV-53 under the control number of the last; the object of the first file has changed,
# too. `new X12QueryEngine(false)`, given the text of each file, finds INV-51, then INV-51 and 52, then all three. In strict mode the second
# file comes back as two interchanges. A new parser for each file: one invoice each.
# Why it matters: a service makes its parser when it starts, and the file of each hour is a payment run. All invoices since the last
# deployment are paid again each hour. A test parses one file.
# What reads otherwise: the README's example, where a parser is made once, to "Parse valid ASC X12 EDI into an object".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent node-x12@1.7.1
cat >run.cjs <<'PROGRAM'
const { X12Parser, X12QueryEngine } = require('node-x12')

const file = number => {
  const control = String(number).padStart(9, '0')
  return [
    `ISA*00*          *00*          *ZZ*SELLER         *ZZ*BUYER          *261130*1200*U*00401*${control}*0*P*>`,
    `GS*IN*SELLER*BUYER*20261130*1200*${number}*X*004010`,
    'ST*810*0001',
    `BIG*20261130*INV-${number}**PO-9`,
    'IT1*1*10*EA*9.95**VP*A',
    'TDS*9950',
    'SE*5*0001',
    `GE*1*${number}`,
    `IEA*1*${control}`,
    '',
  ].join('~')
}
const invoices = interchange =>
  (interchange.interchanges ?? [interchange])
    .flatMap(one => one.functionalGroups)
    .flatMap(group => group.transactions)
    .map(transaction => transaction.segments.find(({ tag }) => tag === 'BIG').elements[1].value)
    .join('+')
const each = read => [51, 52, 53].map(number => read(file(number))).join(', ')
const kept = new X12Parser()
const strict = new X12Parser(true)
const engine = new X12QueryEngine(false)
const first = kept.parse(file(51))
const before = invoices(first)
const again = kept.parse(file(52))
const seen = {
  'a new parser each': each(text => invoices(new X12Parser().parse(text))),
  'the object of the first file': `${before}, after the second ${invoices(first)}, the same object ${first === again}`,
  'the third file, same parser': invoices(kept.parse(file(53))),
  'three files, strict': each(text => invoices(strict.parse(text))),
  'three files, X12QueryEngine': each(text => engine.query(text, 'BIG02').map(({ value }) => value).join('+')),
}
console.log('node-x12 1.7.1', seen)
const growing = 'INV-51, INV-51+INV-52, INV-51+INV-52+INV-53'
const same =
  Object.values(seen).join('; ') ===
  ['INV-51, INV-52, INV-53', 'INV-51, after the second INV-51+INV-52, the same object true', 'INV-51+INV-52+INV-53', growing, growing].join('; ')
console.log(same ? 'as described: the invoices of the files before are in it again' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
