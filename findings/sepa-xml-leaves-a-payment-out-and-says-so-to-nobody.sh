#!/usr/bin/env bash
# sepa-xml leaves a payment out of the file whose IBAN does not pass its check or whose field is missing, and makes a file of the
# others: no error, and a sum and a count that agree. What it does take in it does not look at: amounts and IBANs go out as they came.
# Seen with sepa-xml 0.6.0 on Node 20 and 24: three payments, one with two digits of its IBAN swapped: `addTransaction` gives false
# for that one and undefined for the two that it takes, `compile` calls back without an error, NbOfTxs 2. An amount of 0.1 + 0.2 is
# `<InstdAmt>0.30000000000000004` beside a CtrlSum of 0.30, and the IBAN in the form of its README, with blanks, is written with them.
# Why it matters: one supplier of a run is not paid and nobody hears of it; or the bank refuses the whole run for one amount, of a sum
# of two items, and the run is made again. Compare the count of the file with that of the orders.
# What says otherwise: its README, it runs the result through a validator and throws if there is an issue. There is none in the
# package.
# Source: ISO 20022, amounts in euro with two decimals at most, an IBAN without blanks.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent sepa-xml@0.6.0
cat >run.cjs <<'PROGRAM'
const SepaXML = require('sepa-xml')

const file = new SepaXML()
file.setHeaderInfo({ messageId: 'RUN-51', initiator: 'Example LLC' })
file.setPaymentInfo({ id: 'RUN-51', method: 'TRF', senderName: 'Example LLC', senderIBAN: 'NL39RABO0300065264', bic: 'RABONL2U' })
const told = [
  { id: 'order-51', amount: 0.1 + 0.2, name: 'One', iban: 'NL39 RABO 0300 0652 64', description: 'order-51' },
  { id: 'order-52', amount: 20, name: 'Two', iban: 'NL39RABO0300065246', description: 'order-52' },
  { id: 'order-53', amount: '20.00', name: 'Three', iban: 'DE89370400440532013000', description: 'order-53' },
].map(payment => file.addTransaction(payment))
file.compile((error, text) => {
  const all = expression => [...text.matchAll(expression)].map(match => match[1])
  const seen = {
    addTransaction: told.join(),
    error: String(error),
    ids: all(/<EndToEndId>(.*?)</g).join(),
    amounts: all(/<InstdAmt[^>]*>(.*?)</g).join(),
    counts: all(/<NbOfTxs>(.*?)</g).join(),
    sums: all(/<CtrlSum>(.*?)</g).join(),
    accounts: all(/<IBAN>(.*?)</g).join(),
  }
  console.log(`sepa-xml ${require('sepa-xml/package.json').version}`, seen)
  const same = seen.addTransaction === ',false,' && seen.error === 'null' && seen.ids === 'order-51,order-53'
    && seen.amounts === '0.30000000000000004,20.00' && seen.counts === '2,2' && seen.sums === '20.30,20.30'
    && seen.accounts === 'NL39RABO0300065264,NL39 RABO 0300 0652 64,DE89370400440532013000'
  console.log(same ? 'as described: order-52 is paid by nobody' : 'changed')
  process.exit(same ? 0 : 1)
})
PROGRAM
timeout 60 node run.cjs
