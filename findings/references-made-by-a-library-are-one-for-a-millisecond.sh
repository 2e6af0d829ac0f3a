#!/usr/bin/env bash
# node-iso11649 makes a creditor reference where it is given none: the time in milliseconds. The invoices of one loop have one
# reference, valid and with the right check digits.
# Seen with node-iso11649 2.1.2, beside finnish-bank-utils 1.3.3 (random digits), on Node 20 and 24: 1,000 references made one after
# the other by `generate()` are fewer than 200; by generateFinnishRefNumber() they are 1,000.
# Why it matters: the reference is the one thing by which a payment that comes in finds its invoice. The first invoice of a run takes
# all the payments, the others stay open and are reminded. One invoice at a time, as in a test, is right.
# What reads otherwise: the README, which shows what it is made of ("epoch timestamp"), calls it a reference and names no limit; the
# standard, ISO 11649, whose reference identifies one claim of a creditor. Give it the number of the invoice.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent node-iso11649@2.1.2 finnish-bank-utils@1.3.3
cat >run.cjs <<'PROGRAM'
const { generate, validate } = require('node-iso11649')
const { generateFinnishRefNumber } = require('finnish-bank-utils')

const many = make => new Set(Array.from({ length: 1000 }, () => make()))
const references = many(() => generate())
const random = many(() => generateFinnishRefNumber())
const valid = [...references].every(reference => validate(reference))
console.log(`of 1000 references: node-iso11649 2.1.2 ${references.size} (${valid ? 'all valid' : 'not all valid'}, as ${[...references][0]}), finnish-bank-utils 1.3.3 ${random.size}`)
const same = references.size < 200 && valid && random.size > 990
console.log(same ? 'as described: one reference for many invoices' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
