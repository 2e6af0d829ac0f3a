#!/usr/bin/env bash
# A payment code of EMV (Pix in Brazil, and most of Asia) ends in four digits that check the rest. Three libraries write them as a
# number, without the zero in front: one order in sixteen gets a code that no bank reads, and the same one each time it is shown.
# Seen with pix-payload 1.0.4, pix-qrcode 1.0.0 and emv-qrcps 0.0.7, beside paynowqr 1.1.2, on Node 20 and 24: the orders 1 to 1,600,
# each of 20: 112, 99 and 99 codes have three digits or fewer at the end; of paynowqr, which writes Singapore's, none. vietnam-qr-pay
# 1.5.1, a reader of such codes, calls each of these invalid, and each of the others valid.
# Why it matters: the customer of that order cannot pay, today and tomorrow; and what is done then, a new order with a new number, is
# a second operation beside one that may still be paid otherwise. A test with one order passes fifteen times out of sixteen.
# Source: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode: the check is four characters, "007B" its example.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent pix-payload@1.0.4 pix-qrcode@1.0.0 emv-qrcps@0.0.7 paynowqr@1.1.2 vietnam-qr-pay@1.5.1
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { payload } = require('pix-payload')
const { staticPix } = require('pix-qrcode')
const { Merchant } = require('emv-qrcps')
const { QRPay } = require('vietnam-qr-pay')
const PaynowQR = require('paynowqr')
const key = 'shop@example.com'
const codes = {
  'pix-payload 1.0.4': id => payload({ key, name: 'EXAMPLE SHOP', city: 'RECIFE', amount: 20, transactionId: id }),
  'pix-qrcode 1.0.0': async id => (await staticPix({ pixKey: key, merchant: 'EXAMPLE SHOP', merchantCity: 'RECIFE', amount: '20.00', transactionId: id })).payload,
  'emv-qrcps 0.0.7': id => {
    const code = Merchant.buildEMVQR()
    code.setPayloadFormatIndicator('01')
    code.setMerchantCategoryCode('0000')
    code.setTransactionCurrency('986')
    code.setTransactionAmount('20.00')
    code.setCountryCode('BR')
    code.setMerchantName('EXAMPLE SHOP')
    code.setMerchantCity('RECIFE')
    const more = Merchant.buildAdditionalDataFieldTemplate()
    more.setReferenceLabel(id)
    code.setAdditionalDataFieldTemplate(more)
    return code.generatePayload()
  },
  'paynowqr 1.1.2': id => new PaynowQR({ uen: '201403121W', amount: 20, editable: false, refNumber: id, company: 'EXAMPLE SHOP', expiry: '20271231' }).output(),
}
const seen = []
for (const [name, code] of Object.entries(codes)) {
  let short = 0
  let wrongly = 0
  let example
  for (let number = 1; number <= 1600; number++) {
    const text = await code(`ORDER${number}`)
    const whole = /6304[0-9A-F]{4}$/.test(text)
    if (!whole) {
      short++
      example ??= text.slice(-9)
    }
    if (new QRPay(text).isValid !== whole) wrongly++
  }
  console.log(`${name}: ${short} of 1600 without a zero (${example ?? 'none'}), read otherwise by vietnam-qr-pay: ${wrongly}`)
  seen.push(`${short} ${wrongly}`)
}
const same = seen.join() === '112 0,99 0,99 0,0 0'
console.log(same ? 'as described: one in sixteen' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 300 node run.mjs
