#!/usr/bin/env bash
# `hledger import` takes from a bank's file what is new, and knows it by the newest date that it has seen and by how many lines had that
# date. A line that the bank adds in front of another of the same day makes the other one new: it is booked twice, the added one never.
# What the bank books with an earlier date is left out.
# Seen with hledger 1.25 (Debian 12): the file of 1 December has supplier D, -7: imported. The next day the bank lists for 1 December a
# refund of 51 and then supplier D: "imported 1 new transactions", which is D again. A payment of 29 November that appears after one of
# the 30th was imported: "no new transactions found". Each time hledger exits with 0.
# Why it matters: banks order a day's lines as they like, and book cards and direct debits days back. The books say that D was paid
# twice and the refund never came; who asks them whether a lost payment went out is told no, for as long as the file is imported.
# What reads otherwise: the manual, which names what a file must hold to (new lines have the newest dates, lines of one day keep their
# order) and has that "often true". No bank promises it, and no message tells that a line of the file is in no book.
set -eu
command -v hledger >/dev/null || {
  echo 'needs hledger: apt-get install -y hledger'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export LC_ALL=C.UTF-8
cat >bank.csv.rules <<'RULES'
skip 1
fields date, description, amount
account1 assets:bank
account2 books
RULES
import() {
  printf 'date,description,amount\n' >bank.csv
  printf '%s\n' "$@" >>bank.csv
  hledger -f books.journal import bank.csv
}
booked() {
  hledger -f books.journal register assets:bank -O csv | tail -n +2 | cut -d, -f4,6 | tr -d '"' | paste -sd ';'
}
: >books.journal
import '2026-11-30,supplier B,-99.00' '2026-12-01,supplier D,-7.00'
first=$(booked)
import '2026-11-30,supplier B,-99.00' '2026-12-01,refund,51.00' '2026-12-01,supplier D,-7.00'
reordered=$(booked)
rm -f .latest.bank.csv
: >books.journal
import '2026-11-28,supplier A,-20.00' '2026-11-30,supplier B,-99.00'
import '2026-11-28,supplier A,-20.00' '2026-11-29,supplier C,-51.00' '2026-11-30,supplier B,-99.00'
late=$(booked)
hledger --version
echo "at first:                     $first"
echo "a refund in front of D:       $reordered"
echo "a payment of the 29th, late:  $late"
if [ "$first" = 'supplier B,-99.00;supplier D,-7.00' ] &&
  [ "$reordered" = 'supplier B,-99.00;supplier D,-7.00;supplier D,-7.00' ] &&
  [ "$late" = 'supplier A,-20.00;supplier B,-99.00' ]; then
  echo 'as described: one twice, one never'
else
  echo 'changed'
  exit 1
fi
