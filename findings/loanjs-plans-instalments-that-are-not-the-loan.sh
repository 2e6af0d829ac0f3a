#!/usr/bin/env bash
# loanjs rounds each instalment for itself and gives the difference to none. What the instalments add up to is neither the loan nor
# the `sum` that it tells beside them, though the last one says that nothing remains.
# Seen with loanjs 1.1.2 on Node 20 and 24: its README's own example, 1000 in 12 instalments at 5 %: `sum` 1027.30, `capitalSum` 1000,
# `remain` 0 after the last; the instalments are 1027.32, their capital 1000.02. 100 in three: 99.99 of capital. Of the loans of 100
# to 2000 in 3, 6, 12 and 24 instalments the capital of 6398 of 7604 is not the loan.
# Why it matters: each instalment is charged by itself, and the books wait for the sum. Two cents too few leave an order open that is
# paid, and one more charge is made; two too many are a refund.
# What reads otherwise: its README, which calls `sum` and `capitalSum` the sums, beside the list of the instalments.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent loanjs@1.1.2
cat >run.cjs <<'PROGRAM'
const { Loan } = require('loanjs')

const cents = (loan, part) => loan.installments.reduce((sum, instalment) => sum + Math.round(instalment[part] * 100), 0)
function plan(amount, count) {
  const loan = new Loan(amount, count, 5, 'annuity')
  return `${loan.amount} in ${count}: sum ${loan.sum}, capitalSum ${loan.capitalSum}, remain ${loan.installments.at(-1).remain}; added: ${cents(loan, 'installment') / 100}, capital ${cents(loan, 'capital') / 100}`
}
let loans = 0
let other = 0
for (let amount = 100; amount <= 2000; amount++) {
  for (const count of [3, 6, 12, 24]) {
    loans++
    if (cents(new Loan(amount, count, 5, 'annuity'), 'capital') !== amount * 100) other++
  }
}
const seen = [plan(1000, 12), plan(100, 3), `${other} of ${loans}`]
console.log('loanjs 1.1.2', seen)
const same = seen[0] === '1000 in 12: sum 1027.3, capitalSum 1000, remain 0; added: 1027.32, capital 1000.02'
  && seen[1] === '100 in 3: sum 100.84, capitalSum 100, remain 0; added: 100.83, capital 99.99'
  && seen[2] === '6398 of 7604'
console.log(same ? 'as described: the parts are not the whole' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.cjs
