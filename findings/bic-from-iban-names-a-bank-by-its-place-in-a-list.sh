#!/usr/bin/env bash
# bic-from-iban finds the bank of an IBAN by the first four digits of its bank code in a list of banks by name, where that number is
# the place in the list. For a valid IBAN it names a bank that the account has nothing to do with, without a sign.
# Seen with bic-from-iban 1.0.0, beside iban-to-bic 1.4.0, on Node 20 and 24: DE89370400440532013000, the example of an IBAN that
# everybody knows (bank code 37040044, Commerzbank, COBADEFFXXX): ESSEDE5F362, a branch of another bank, number 3704 of the list; a
# Spanish account at the bank 0049 (BSCHESMM): the central bank's ESPBESMMC06, number 49; a Swiss and a Danish one likewise. Where the
# list has fewer lines than the number says: an empty text.
# Why it matters: a BIC in a payment is an address. It is refused by a bank that compares it with the IBAN, after days, or sent to
# another bank by one that does not; and the shop that takes the error for "not paid" pays again.
# What says otherwise: its README, "Get a BIC(SWIFT) bank code from IBAN account number"; its own comment, the code from the IBAN.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent bic-from-iban@1.0.0 iban-to-bic@1.4.0
cat >run.cjs <<'PROGRAM'
const { getBIC, validateIBAN } = require('bic-from-iban')
const { ibanToBic } = require('iban-to-bic')

const seen = ['DE89370400440532013000', 'ES6000491500051234567892', 'ES9121000418450200051332', 'CH9300762011623852957', 'DK5000400440116243'].map(iban => {
  const bic = getBIC(iban)
  const list = require(`bic-from-iban/AllCountries/${iban.slice(0, 2)}.json`).list
  const place = list.findIndex(bank => bank.id === iban.slice(4, 8).replace(/^0+/, '')) + 1
  console.log(`${iban} (${validateIBAN(iban) ? 'valid' : 'invalid'}): bic-from-iban ${bic || '""'}, line ${place} of ${list.length}; iban-to-bic ${ibanToBic(iban)}`)
  return `${bic} ${place} ${ibanToBic(iban)}`
})
const expected = [
  'ESSEDE5F362 3704 COBADEFFXXX',
  'ESPBESMMC06 49 BSCHESMM',
  ' 0 CAIXESBB',
  'RBABCH22588 76 undefined',
  'DABADKKKHJO 40 undefined',
]
const same = seen.join() === expected.join()
console.log(same ? 'as described: the bank is the line of a list' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
