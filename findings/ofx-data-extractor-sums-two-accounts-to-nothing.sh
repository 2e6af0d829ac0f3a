#!/usr/bin/env bash
# ofx-data-extractor cannot read a bank's file that has the statements of two accounts. Its summary does not tell so in any mode: it is
# a month without a payment. In the mode `lenient` the file is valid besides.
# Seen with ofx-data-extractor 1.5.0, beside ofx-js 1.1.1, on Node 20 and 24: one account: 1 debit of 20. Two, 20 and 99: in the mode
# `strict`, the default, getBankTransferList() throws a SyntaxError, and getTransactionsSummary() says 0 debits of 0. In `lenient` the
# summary says the same, with no warning in getWarnings() after it, and validate() says isValid: true, with the one warning that no
# transactions were found. ofx-js reads both. A single account with a MEMO without text: the same.
# Why it matters: the statement is what a lost payment is looked up in. "No debit in November" is proof that it was not executed, to
# whoever asks for the sum, and it is sent once more.
# What reads otherwise: README of the package, `strict`: "parsing errors throw", `lenient`: they are "collected via getWarnings()".
# Source: OFX 1.6, 11.4 (STMTTRNRS, one for each account, as many as were asked for).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent ofx-data-extractor@1.5.0 ofx-js@1.1.1
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { parse } from 'ofx-js'

const { Ofx } = createRequire(import.meta.url)('ofx-data-extractor')
const statement = (account, amount, memo) => `<STMTTRNRS>
<TRNUID>${account}
<STATUS>
<CODE>0
<SEVERITY>INFO
</STATUS>
<STMTRS>
<CURDEF>BRL
<BANKACCTFROM>
<BANKID>0000
<ACCTID>${account}
<ACCTTYPE>CHECKING
</BANKACCTFROM>
<BANKTRANLIST>
<DTSTART>20261101
<DTEND>20261130
<STMTTRN>
<TRNTYPE>DEBIT
<DTPOSTED>20261130
<TRNAMT>${amount}
<FITID>51
<MEMO>${memo}
</STMTTRN>
</BANKTRANLIST>
<LEDGERBAL>
<BALAMT>100.00
<DTASOF>20261130
</LEDGERBAL>
</STMTRS>
</STMTTRNRS>`
const file = (...statements) => `OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX>
<SIGNONMSGSRSV1>
<SONRS>
<STATUS>
<CODE>0
<SEVERITY>INFO
</STATUS>
<DTSERVER>20261130120000
<LANGUAGE>POR
</SONRS>
</SIGNONMSGSRSV1>
<BANKMSGSRSV1>
${statements.join('\n')}
</BANKMSGSRSV1>
</OFX>
`
const told = act => {
  try {
    return JSON.stringify(act())
  } catch (error) {
    return error.name
  }
}
const read = (text, parserMode) => {
  const make = () => new Ofx(text, { nativeTypes: true, parserMode })
  const summed = make()
  const { debit, amountOfDebits } = summed.getTransactionsSummary()
  return [
    `list ${told(() => make().getBankTransferList().map(item => item.TRNAMT))}`,
    `debits ${amountOfDebits} of ${debit}, warnings ${told(() => summed.getWarnings())}`,
    `valid ${told(() => make().validate().isValid)}`,
  ].join(', ')
}
const one = file(statement('1111', '-20.00', 'A'))
const two = file(statement('1111', '-20.00', 'A'), statement('2222', '-99.00', 'B'))
const noMemo = file(statement('1111', '-20.00', ''))
const seen = [read(one, 'strict'), read(two, 'strict'), read(two, 'lenient'), read(noMemo, 'lenient')]
const other = (await parse(two)).OFX.BANKMSGSRSV1.STMTTRNRS.map(item => item.STMTRS.BANKTRANLIST.STMTTRN.TRNAMT)
console.log('ofx-data-extractor 1.5.0')
;['one account, strict', 'two accounts, strict', 'two accounts, lenient', 'no memo, lenient'].forEach((name, at) => console.log(`${name}: ${seen[at]}`))
console.log('ofx-js 1.1.1, two accounts:', other)
const nothing = 'list [], debits 0 of 0, warnings [], valid true'
const same =
  seen[0] === 'list [-20], debits 1 of 20, warnings [], valid true' &&
  seen[1] === 'list SyntaxError, debits 0 of 0, warnings [], valid SyntaxError' &&
  seen[2] === nothing &&
  seen[3] === nothing &&
  other.join() === '-20.00,-99.00'
console.log(same ? 'as described: what is not understood is a month without payments' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
