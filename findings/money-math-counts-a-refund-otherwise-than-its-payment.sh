#!/usr/bin/env bash
# money-math, whose amounts are texts so that no cent is lost, rounds products and percentages of negative amounts upwards by a cent.
# A third of a refund is not a third of its payment, and half of minus one cent is plus one cent.
# Seen with money-math 2.6.3 on Node 20 and 24, amounts as its README wants them: mul("1.05", "0.33") is "0.35", mul("-1.05", "0.33")
# "-0.33"; percent("10.10", "33.00") is "3.33", of "-10.10" it is "-3.32"; mul("-0.01", "0.50") is "0.01". Of the products of -0.01 to
# -10.00 with 0.50, 0.25, 0.07 and 0.19 half are wrong by more than half a cent; of the same amounts without the sign, none.
# Why it matters: the fee or the tax that is given back is another one than was taken, by one or two cents for each line, so that no
# order comes to nothing after its reversal: "refunded?" is answered with no, and refunded again.
# What says otherwise: its README, the result is rounded to the whole cent, and amounts may be "-42.10".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent money-math@2.6.3
cat >run.cjs <<'PROGRAM'
const money = require('money-math')

const amount = cents => `${cents < 0 ? '-' : ''}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`
function wrong(sign) {
  let count = 0
  for (let cents = 1; cents <= 1000; cents++) {
    for (const percent of [50, 25, 7, 19]) {
      const told = Math.round(Number(money.mul(amount(sign * cents), amount(percent))) * 100)
      if (Math.abs(told * 100 - sign * cents * percent) > 50) count++
    }
  }
  return count
}
const seen = {
  thirds: [money.mul('1.05', '0.33'), money.mul('-1.05', '0.33')].join(),
  percentages: [money.percent('10.10', '33.00'), money.percent('-10.10', '33.00')].join(),
  halves: [money.mul('0.01', '0.50'), money.mul('-0.01', '0.50')].join(),
  'wrong of 4000': [wrong(1), wrong(-1)].join(),
}
console.log('money-math 2.6.3', seen)
const same = seen.thirds === '0.35,-0.33' && seen.percentages === '3.33,-3.32' && seen.halves === '0.01,0.01'
  && seen['wrong of 4000'] === '0,2000'
console.log(same ? 'as described: what comes back is not what went' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
