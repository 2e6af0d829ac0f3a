#!/usr/bin/env bash
# A structured-field String holds ASCII only, and serialising anything else has to fail. Two of three libraries
# write and read the characters all the same; they take a tab behind the value for blank, too.
# Seen with structured-field-values 2.0.4 and @svta/cml-structured-field-values 1.1.6 (both give "caf\u00e9") and
# structured-headers 2.1.0 (throws, in both directions) on Node 20 and 24.
# Why it matters: an idempotency key made of a customer's name passes at the sender and is refused by the server,
# or, as such a byte has no agreed meaning in a header, arrives as another key after one hop and as the same one
# after another: the repeat is a new operation.
# Source: RFC 9651 4.1.6 step 1 and 4.2 step 1 (what is not ASCII fails), 4.2 step 6 (only spaces are dropped).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent structured-headers@2.1.0 structured-field-values@2.0.4 @svta/cml-structured-field-values@1.1.6
cat >run.mjs <<'PROGRAM'
import { parseItem, serializeItem } from 'structured-headers'
import { decodeItem, encodeItem } from 'structured-field-values'
import { decodeSfItem, encodeSfItem } from '@svta/cml-structured-field-values'

const libraries = {
  'structured-headers 2.1.0': [value => serializeItem(value), text => parseItem(text)[0]],
  'structured-field-values 2.0.4': [value => encodeItem(value), text => decodeItem(text).value],
  '@svta/cml-structured-field-values 1.1.6': [value => encodeSfItem(value), text => decodeSfItem(text).value],
}
const attempt = run => {
  try {
    return run()
  } catch {
    return 'throws'
  }
}
const seen = []
for (const [name, [write, read]] of Object.entries(libraries)) {
  const told = [attempt(() => write('caf\u00e9')), attempt(() => read('"caf\u00e9"')), attempt(() => read('"order-51"\t'))]
  console.log(`${name}: writes ${told[0]}, reads ${told[1]}, with a tab behind ${told[2]}`)
  seen.push(told.join(' '))
}
const lax = '"caf\u00e9" caf\u00e9 order-51'
const same = JSON.stringify(seen) === JSON.stringify(['throws throws throws', lax, lax])
console.log(same ? 'as described: one refuses, two write what is no String' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
