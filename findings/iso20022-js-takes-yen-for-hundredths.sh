#!/usr/bin/env bash
# iso20022.js takes every currency for one with two decimals. A payment file for 1000 yen says 10, a statement with 1000 yen is
# read as 100000; and the minor units that it reads are products of floats, so that 0.29 is 28.999999999999996.
# Seen with iso20022.js 0.0.15 on Node 20 and 24: pain.001 for amount 1000 in JPY: `<InstdAmt Ccy="JPY">10`, for 1234 in KWD
# 12.34; camt.053 with 1000 JPY gives 100000, 1.234 KWD gives 123.4, and EUR 0.29 and 4.35 give 28.999999999999996 and
# 434.99999999999994.
# Why it matters: the file that goes to the bank is valid and pays a hundredth of the sum, or ten times it. The package reads its
# own amounts back as they were, so that a test by round trip passes. A cent that is no whole number is equal to no order's.
# What reads otherwise: ISO 20022, whose amounts have the decimals of ISO 4217; the name of the package's own function,
# parseAmountToMinorUnits.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent iso20022.js@0.0.15
cat >run.mjs <<'PROGRAM'
import { CashManagementEndOfDayReport, ISO20022 } from 'iso20022.js'

const agent = { bic: 'CHASUS33', bankAddress: { country: 'US' } }
const bank = new ISO20022({ initiatingParty: { name: 'Shop', id: 'SHOP', account: { accountNumber: '1' }, agent } })
const written = ([amount, currency]) => {
  const payment = { type: 'swift', direction: 'credit', amount, currency, creditor: { name: 'Maker', account: { accountNumber: '2' }, agent, address: { country: 'JP' } } }
  return /<InstdAmt[^/]*/.exec(String(bank.createSWIFTCreditPaymentInitiation([payment])))[0].replace(/<$/, '')
}
const date = '<Dt><Dt>2026-11-30</Dt></Dt>'
const balance = `<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>${date}</Bal>`
const entry = ([amount, currency]) => `<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
  <BookgDt><Dt>2026-11-30</Dt></BookgDt><ValDt><Dt>2026-11-30</Dt></ValDt><BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd></Ntry>`
const read = amounts => {
  const statement = CashManagementEndOfDayReport.fromXML(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-30T01:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><CreDtTm>2026-11-30T01:00:00</CreDtTm><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id>
<Svcr><FinInstnId><BIC>COBADEFF</BIC></FinInstnId></Svcr></Acct>${balance}${amounts.map(entry).join('')}</Stmt></BkToCstmrStmt></Document>`)
  return statement.statements[0].entries.map(({ amount, currency }) => `${amount} ${currency}`)
}
const pain = [[1_000, 'USD'], [1_000, 'JPY'], [1_234, 'KWD']].map(written)
const camt = read([['1000', 'JPY'], ['1.234', 'KWD'], ['0.29', 'EUR'], ['4.35', 'EUR'], ['1234.56', 'EUR']])
console.log('iso20022.js 0.0.15, written for 1000 USD, 1000 JPY and 1234 KWD, in minor units:', pain)
console.log('read of 1000 JPY, 1.234 KWD, 0.29 EUR, 4.35 EUR, 1234.56 EUR:', camt)
const same =
  pain.join() === '<InstdAmt Ccy="USD">10,<InstdAmt Ccy="JPY">10,<InstdAmt Ccy="KWD">12.34' &&
  camt.join() === '100000 JPY,123.4 KWD,28.999999999999996 EUR,434.99999999999994 EUR,123456 EUR'
console.log(same ? 'as described: yen by the hundredth, cents by the float' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
