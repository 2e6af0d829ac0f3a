#!/usr/bin/env bash
# Generators of payment codes write a sum as JavaScript prints it. 0.1 + 0.2 in the cart is a code for 0.30000000000000004, in euro,
# in Singapore dollars, in rupees and in bitcoin alike, and a code for 99 satoshi says 9.9e-7. sepa-qr has more of its own: without an
# amount it asks for a cent, and the text for the payee stands where a creditor reference belongs.
# Seen with sepa-qr 0.0.2, sepa-payment-code 1.0.3, iban-qr-code 1.0.0, paynowqr 1.1.2, upiqr 1.3.22 and bip21 3.0.0, beside
# sepa-payment-qr-code 2.0.2 (EUR0.30, the text in the line of texts), on Node 20 and 24.
# Why it matters: one bank app refuses the code, another reads 0.3, another asks the customer to type. Who types pays under a
# reference of his own, and the order is open beside its payment. A cent that is paid for an order is a payment to send back.
# Source: EPC069-12, amounts as EUR#.## and at most 12 characters, line 10 for a structured reference and line 11 for a text; EMV QR,
# at most 13 characters; NPCI's UPI links, two decimals; BIP 21, a decimal number. sepa-qr's README names its default of 0.01.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent sepa-qr@0.0.2 sepa-payment-code@1.0.3 iban-qr-code@1.0.0 paynowqr@1.1.2 upiqr@1.3.22 bip21@3.0.0 sepa-payment-qr-code@2.0.2
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { encode } from 'bip21'
import upiqr from 'upiqr'

const require = createRequire(import.meta.url)
const image = require('qr-image')
let drawn
image.image = text => {
  drawn = text
}
const sepaQr = require('sepa-qr')
const { PaymentCode } = require('sepa-payment-code')
const PaynowQR = require('paynowqr')
const name = 'Example Shop'
const iban = 'DE89370400440532013000'
const sum = 0.1 + 0.2
const drawSepaQr = options => {
  sepaQr({ name, iban, ...options })
  return drawn.split('\n')
}
const upi = await upiqr({ payeeVPA: 'shop@example', payeeName: name, amount: sum, transactionRef: 'order-51' })
const seen = {
  'sepa-qr': drawSepaQr({ amount: sum })[7],
  'sepa-payment-code': new PaymentCode(name, iban, sum, '', 'order-51').getPayload().split('\n')[7],
  'iban-qr-code': require('iban-qr-code').girocode({ name, iban, amount: sum, reason: 'order-51' }).split('\n')[7],
  paynowqr: new PaynowQR({ uen: '201403121W', amount: sum, refNumber: 'order-51', company: name, expiry: '20271231' }).output().match(/54\d\d(0\.\d+)5802SG/)[1],
  upiqr: new URL(upi.intent).searchParams.get('am'),
  bip21: encode('bc1qexample', { amount: sum }),
  'bip21, 99 satoshi': encode('bc1qexample', { amount: 0.00000099 }),
  'sepa-payment-qr-code': require('sepa-payment-qr-code')({ name, iban, amount: sum, unstructuredReference: 'order-51' }).split('\n').slice(7, 11).join('|'),
  'sepa-qr, no amount': drawSepaQr({ remittance: 'order-51' }).slice(7, 11).join('|'),
}
console.log(seen)
const expected = {
  'sepa-qr': 'EUR0.30000000000000004',
  'sepa-payment-code': 'EUR0.30000000000000004',
  'iban-qr-code': 'EUR0.30000000000000004',
  paynowqr: '0.30000000000000004',
  upiqr: '0.30000000000000004',
  bip21: 'bitcoin:bc1qexample?amount=0.30000000000000004',
  'bip21, 99 satoshi': 'bitcoin:bc1qexample?amount=9.9e-7',
  'sepa-payment-qr-code': 'EUR0.30|||order-51',
  'sepa-qr, no amount': 'EUR0.01||order-51|',
}
const same = JSON.stringify(seen) === JSON.stringify(expected)
console.log(same ? 'as described: a cent and its tail' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
