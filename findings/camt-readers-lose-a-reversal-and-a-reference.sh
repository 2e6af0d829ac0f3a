#!/usr/bin/env bash
# iso20022.js reads each line of a bank's statement (camt.053) as no reversal, also the one that says that it is one, and counts 19.99 as
# 1998.9999999999998 cents. lib-fints gives the two payments of a batch as one without the reference of either.
# Seen with iso20022.js 0.0.15 and lib-fints 1.5.0 on Node 20 and 24. iso20022.js: an entry with <RvslInd>true</RvslInd>: `reversal: false`,
# a credit like another; 19.99, 4.35 and 1.1 are 1998.9999999999998, 434.99999999999994 and 110.00000000000001; a batch of order-51 (20)
# and order-52 (79) has two transactions, with neither an amount nor an end-to-end id. lib-fints (camt.052): a payment alone has its
# e2eReference, "order-51"; the batch is one transaction of -99 with e2eReference "".
# Why it matters: a statement is asked for a lost payment by its end-to-end id, or by amount === 1999. Neither is found, and it is sent
# again. A direct debit that the customer's bank took back is read as money that came in.
# What says otherwise: types of iso20022.js, reversal, "Indicates if the entry is a reversal".
# Source: ISO 20022, camt.053, Ntry/RvslInd (a boolean of XML), and NtryDtls/TxDtls, one for each transaction of a batch.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent iso20022.js@0.0.15 lib-fints@1.5.0
cat >run.mjs <<'PROGRAM'
import { CashManagementEndOfDayReport } from 'iso20022.js'
import { CamtParser } from './node_modules/lib-fints/dist/camtParser.js'

const transaction = ([id, amount]) =>
  `<TxDtls><Refs><EndToEndId>${id}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="EUR">${amount}</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>invoice</Ustrd></RmtInf></TxDtls>`
const entry = ({ amount, kind = 'DBIT', reversal = '', payments = [], booked }) =>
  `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${kind}</CdtDbtInd>${reversal}${booked}<BookgDt><Dt>2026-11-30</Dt></BookgDt>` +
  `<ValDt><Dt>2026-11-30</Dt></ValDt><AcctSvcrRef>BANK-1</AcctSvcrRef><BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>` +
  `<NtryDtls>${payments.map(transaction).join('')}</NtryDtls></Ntry>`
const head = '<MsgId>1</MsgId><CreDtTm>2026-11-30T00:00:00</CreDtTm>'
const account = '<Acct><Id><IBAN>DE87123456781234567890</IBAN></Id><Ccy>EUR</Ccy><Svcr><FinInstnId><BIC>XMPLDEM0XXX</BIC></FinInstnId></Svcr></Acct>'
const balance = '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-30</Dt></Dt></Bal>'
const statement = (version, outer, inner, entries) =>
  `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:${version}"><${outer}><GrpHdr>${head}</GrpHdr>` +
  `<${inner}><Id>1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-11-30T00:00:00</CreDtTm>${account}${balance}${entries}</${inner}></${outer}></Document>`
const camt053 = entries =>
  CashManagementEndOfDayReport.fromXML(
    statement('camt.053.001.02', 'BkToCstmrStmt', 'Stmt', entries.map(one => entry({ ...one, booked: '<Sts>BOOK</Sts>' })).join('')),
  ).statements[0].entries
const camt052 = entries =>
  new CamtParser(
    statement('camt.052.001.08', 'BkToCstmrAcctRpt', 'Rpt', entries.map(one => entry({ ...one, booked: '<Sts><Cd>BOOK</Cd></Sts>' })).join('')),
  ).parse()[0].transactions

const single = { amount: '20.00', payments: [['order-51', '20.00']] }
const batch = { amount: '99.00', payments: [['order-51', '20.00'], ['order-52', '79.00']] }
const reversed = { amount: '20.00', kind: 'CRDT', reversal: '<RvslInd>true</RvslInd>' }
const [read] = camt053([reversed])
const [both] = camt053([batch])
const seen = {
  'iso20022.js 0.0.15, a reversal': `${read.creditDebitIndicator}, reversal ${read.reversal}`,
  'iso20022.js 0.0.15, 19.99, 4.35 and 1.1': camt053(['19.99', '4.35', '1.1'].map(amount => ({ amount }))).map(({ amount }) => amount).join(' '),
  'iso20022.js 0.0.15, a batch': both.transactions.map(one => JSON.stringify(one)).join(' '),
  'lib-fints 1.5.0, one payment': camt052([single]).map(one => `${one.amount} "${one.e2eReference}"`).join(),
  'lib-fints 1.5.0, a batch': camt052([batch]).map(one => `${one.amount} "${one.e2eReference}"`).join(),
}
console.log(seen)
const same =
  Object.values(seen).join('; ') ===
  [
    'credit, reversal false',
    '1998.9999999999998 434.99999999999994 110.00000000000001',
    '{"remittanceInformation":"invoice"} {"remittanceInformation":"invoice"}',
    '-20 "order-51"',
    '-99 ""',
  ].join('; ')
console.log(same ? 'as described: no reversal, no cent, no reference' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
