#!/usr/bin/env bash
# js-money gives the cents that are left after a division to the first shares, also to one whose ratio is 0. And it rounds a half up
# for a payment and towards nothing for its refund, so that taking half and giving half back leaves a cent.
# Seen with js-money 0.6.3 and ts-money 0.4.8, its port to TypeScript, beside dinero.js 1.9.1, on Node 20 and 24: 1.01 in the ratio
# 0:1:1 is 0.01, 0.50 and 0.50 (dinero.js: 0, 0.51, 0.50); 10.00 in 0:3:3:3 is 0.01 and three times 3.33; half of 1.05 is 0.53, half
# of -1.05 is -0.52 (dinero.js, half to even: 0.52 and -0.52).
# Why it matters: a share of 0 is a seller with nothing in this order. A transfer of one cent goes out to him, with its fee and its
# line in the statement, or is refused as too small and fails the whole payout; and each refund of a half is a cent short.
# What reads otherwise: its README, funds are divided "based on the ratio"; dinero.js keeps the cents from shares of nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent js-money@0.6.3 ts-money@0.4.8 dinero.js@1.9.1
cat >run.cjs <<'PROGRAM'
const Money = require('js-money')
const { Currencies, Money: TsMoney } = require('ts-money')
const Dinero = require('dinero.js')

const makes = {
  'js-money 0.6.3': cents => new Money(cents, Money.EUR),
  'ts-money 0.4.8': cents => new TsMoney(cents, Currencies.EUR),
  'dinero.js 1.9.1': cents => Dinero({ amount: cents }),
}
const cents = money => money.amount ?? money.getAmount()
const seen = {}
for (const [name, make] of Object.entries(makes)) {
  const shares = (amount, ratios) => make(amount).allocate(ratios).map(cents).join()
  const halves = [105, -105].map(amount => cents(make(amount).multiply(0.5))).join()
  seen[name] = `101 in 0:1:1 ${shares(101, [0, 1, 1])}; 1000 in 0:3:3:3 ${shares(1000, [0, 3, 3, 3])}; half of 105 and of -105 ${halves}`
}
console.log(seen)
const given = '101 in 0:1:1 1,50,50; 1000 in 0:3:3:3 1,333,333,333; half of 105 and of -105 53,-52'
const same = Object.values(seen).join('|') === `${given}|${given}|101 in 0:1:1 0,51,50; 1000 in 0:3:3:3 0,334,333,333; half of 105 and of -105 52,-52`
console.log(same ? 'as described: nothing is a cent' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
