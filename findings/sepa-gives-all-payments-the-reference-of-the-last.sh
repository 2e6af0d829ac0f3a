#!/usr/bin/env bash
# The package sepa keeps the structured reference of a payment in one object that all payments share. The file for the bank has the
# reference of the last payment on each of them, also on one that was given a text of its own, and so has every later file of the same
# process.
# Seen with sepa 3.0.0 on Node 20 and 24: three transfers, of 20 for RF18539007547034, of 99 for RF712348231, of 7 with remittanceInfo
# "INVOICE 53": the file has `<Ref>RF712348231` three times and the text nowhere; a new Document begins with that reference. Giving
# each payment an object (`tx.structuredRemittanceInfo = { ... }`) makes them their own.
# Why it matters: the reference is what the payee's books find the invoice by. One invoice is paid three times, the two others never,
# and they are reminded and paid again. A test with one payment does not see it.
# What reads otherwise: the package's types, structuredRemittanceInfo as a field of each transaction beside its amount.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent sepa@3.0.0
cat >run.cjs <<'PROGRAM'
const SEPA = require('sepa')

function file(payments) {
  const document = new SEPA.Document('pain.001.001.09')
  document.grpHdr.id = 'RUN-51'
  document.grpHdr.created = new Date('2026-11-30T09:00:00Z')
  document.grpHdr.initiatorName = 'Example LLC'
  const info = document.createPaymentInfo()
  info.requestedExecutionDate = new Date('2026-12-01T09:00:00Z')
  info.debtorIBAN = 'DE87123456781234567890'
  info.debtorBIC = 'XMPLDEM0XXX'
  info.debtorName = 'Example LLC'
  document.addPaymentInfo(info)
  for (const fill of payments) {
    const payment = info.createTransaction()
    payment.creditorName = 'Example Supplier'
    payment.creditorIBAN = 'DE40987654329876543210'
    fill(payment)
    info.addTransaction(payment)
  }
  return document.toString().split('<CdtTrfTxInf>').slice(1).map(text => [
    text.match(/<EndToEndId>(.*?)</)[1],
    text.match(/<InstdAmt[^>]*>(.*?)</)[1],
    text.match(/<Ref>(.*?)</)?.[1] ?? text.match(/<Ustrd>(.*?)</)?.[1],
  ].join(' '))
}
const referred = (id, amount, reference) => payment => {
  payment.end2endId = id
  payment.amount = amount
  payment.structuredRemittanceInfo.typeCode = 'SCOR'
  payment.structuredRemittanceInfo.reference = reference
}
const told = (id, amount, text) => payment => {
  payment.end2endId = id
  payment.amount = amount
  payment.remittanceInfo = text
}
const own = (id, amount, reference) => payment => {
  payment.end2endId = id
  payment.amount = amount
  payment.structuredRemittanceInfo = { typeCode: 'SCOR', issuer: '', reference }
}
const first = file([referred('A', 20, 'RF18539007547034'), referred('B', 99, 'RF712348231'), told('C', 7, 'INVOICE 53')])
const later = file([told('D', 8, 'INVOICE 54')])
const owned = file([own('E', 20, 'RF18539007547034'), own('F', 99, 'RF712348231')])
console.log('sepa 3.0.0', { first, later, owned })
const same = first.join() === 'A 20.00 RF712348231,B 99.00 RF712348231,C 7.00 RF712348231'
  && later.join() === 'D 8.00 RF712348231'
  && owned.join() === 'E 20.00 RF18539007547034,F 99.00 RF712348231'
console.log(same ? 'as described: one reference for all' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
