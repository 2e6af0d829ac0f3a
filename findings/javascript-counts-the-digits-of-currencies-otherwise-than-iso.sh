#!/usr/bin/env bash
# `Intl.NumberFormat` does not count the decimals of a currency as ISO 4217 does: for the forint, the dinar of Iraq, the rupiah
# and a dozen more it says 0 where the standard, and so payment APIs and libraries, say 2 or 3.
# Seen with Node 20.20.2 and 24.21.0, beside currency-codes 2.2.0 and dinero.js 2.0.2: HUF 12.50 is shown as "HUF 13", IQD 1.250
# as "IQD 1", and 5000 HUF in the minor units of `resolvedOptions().maximumFractionDigits` are 50 HUF to an API that counts as ISO
# does. EUR, JPY and KWD agree in all three.
# Why it matters: the page shows another amount than the one that is charged, and the folk way to find the factor of a currency,
# which everybody tries with EUR and JPY, charges a hundredth. Take the digits from a table of ISO 4217.
# What reads otherwise: ECMA-402, CurrencyDigits: the minor unit of ISO 4217 where its list has the currency. The engines take
# Unicode's table (CLDR), of what people use in shops.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent currency-codes@2.2.0 dinero.js@2.0.2
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import * as dinero from 'dinero.js/currencies'

const iso = createRequire(import.meta.url)('currency-codes')
console.log(`Node ${process.version}, ICU ${process.versions.icu}, CLDR ${process.versions.cldr}`)
const intl = code => new Intl.NumberFormat('en', { style: 'currency', currency: code, currencyDisplay: 'code' })
const digits = code => intl(code).resolvedOptions().maximumFractionDigits
const seen = []
for (const code of ['EUR', 'JPY', 'KWD', 'HUF', 'IQD', 'IDR', 'COP', 'PKR', 'LBP', 'ALL', 'AFN', 'YER']) {
  const counts = [iso.code(code).digits, dinero[code].exponent, digits(code)]
  console.log(`${code}: ISO ${counts[0]}, dinero.js ${counts[1]}, Intl ${counts[2]}`)
  seen.push(`${code} ${counts.join('')}`)
}
const shown = [intl('HUF').format(12.5), intl('IQD').format(1.25)].map(text => text.replace(/\s/, ' '))
const charged = Math.round(5_000 * 10 ** digits('HUF')) // by an API that counts as ISO does, this is in fillér
console.log(`12.50 HUF is shown as ${shown[0]}, 1.250 IQD as ${shown[1]}; 5000 HUF are charged as ${charged / 10 ** iso.code('HUF').digits}`)
const expected = 'EUR 222; JPY 000; KWD 333; HUF 220; IQD 330; IDR 220; COP 220; PKR 220; LBP 220; ALL 220; AFN 220; YER 220'
const same = seen.join('; ') === expected && shown.join() === 'HUF 13,IQD 1' && charged === 5_000
console.log(same ? 'as described: two counts of one currency' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
