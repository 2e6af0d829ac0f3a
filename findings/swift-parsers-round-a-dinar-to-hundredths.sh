#!/usr/bin/env bash
# Three readers of SWIFT's bank statements round each amount to hundredths, whatever its currency. A dinar of Kuwait, Bahrain, Jordan
# or Tunisia has thousandths: the payment of 12,345 is told as 12.35, one of 0,004 as 0.
# Seen with stitch-swiftmessageparser 2.0.1, @centrapay/swift-parser 1.0.1 and mt940js 1.3.5, beside mt940-js 1.0.0, on Node 20 and
# 24: a statement in KWD with the lines 12,345 and 0,004 and the closing balance 112,349: 12.35, 0 and 112.35 in the three, 12.345,
# 0.004 and 112.349 in mt940-js. A right statement with 0,004 twice is refused as wrong by the three where they check it (`validate:
# true`; mt940js by itself): "Sum of lines (0) != turnover".
# Why it matters: the payment that was awaited, 12.345, is not in the statement, so it is open, and is asked for or made again. The
# amounts are given as BigNumbers by two of the three, as if no digit were lost.
# What reads otherwise: SWIFT's amounts have the decimals of their currency, ISO 4217; the README, "transaction amount".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent stitch-swiftmessageparser@2.0.1 @centrapay/swift-parser@1.0.1 mt940js@1.3.5 mt940-js@1.0.0 tslib@2.8.1
cat >run.cjs <<'PROGRAM'
const stitch = require('stitch-swiftmessageparser').default
const centrapay = require('@centrapay/swift-parser')
const { Parser } = require('mt940js')

const { read } = require('mt940-js')

const statement = (amounts, closing) => [
  ':20:STATEMENT51',
  ':25:KW81CBKU0000000000001234560101',
  ':28C:51/1',
  ':60F:C261129KWD100,000',
  ...amounts.flatMap((amount, index) => [`:61:2611301130C${amount}NTRFORDER-5${index}//BANK5${index}`, `:86:Payment of order 5${index}`]),
  `:62F:C261130KWD${closing}`,
  '',
].join('\n')
const tell = ({ transactions, closingBalance }) => `${transactions.map(({ amount }) => amount).join(', ')}; closing ${closingBalance.value ?? closingBalance}`
const readers = {
  'stitch-swiftmessageparser 2.0.1': data => stitch.parse({ type: 'mt940', data, validate: true }),
  '@centrapay/swift-parser 1.0.1': data => centrapay.parse({ type: 'mt940', data, validate: true }),
  'mt940js 1.3.5': data => new Parser().parse(data),
  'mt940-js 1.0.0': data => read(Buffer.from(data)),
}
async function main() {
  const seen = {}
  for (const [name, reader] of Object.entries(readers)) {
    const [first] = await reader(statement(['12,345', '0,004'], '112,349'))
    let twice = 'read'
    try {
      await reader(statement(['0,004', '0,004'], '100,008'))
    } catch (error) {
      twice = error.message.slice(0, 28)
    }
    seen[name] = `${tell(first)}; 0,004 twice: ${twice}`
  }
  console.log(seen)
  const rounded = '12.35, 0; closing 112.35; 0,004 twice: Sum of lines (0) != turnover'
  const same = Object.values(seen).join('|') === `${rounded}|${rounded}|${rounded}|12.345, 0.004; closing 112.349; 0,004 twice: read`
  console.log(same ? 'as described: thousandths are gone' : 'changed')
  process.exit(same ? 0 : 1)
}
main()
PROGRAM
timeout 60 node run.cjs
