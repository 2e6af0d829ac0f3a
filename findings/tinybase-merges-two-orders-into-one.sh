#!/usr/bin/env bash
# TinyBase numbers the rows that are added without an id: 0, 1, 2, in each store from the beginning. Two devices that each add an
# order and then meet have given them one id, and are left with one order, of cells of both.
# Seen with tinybase 10.0.1 on Node 20 and 24: two MergeableStores, each `addRow('orders', ...)`: both give "0"; after `merge` both
# stores have one row: the item and the amount of the later one, and `urgent: true` of the earlier, which the later does not have. The
# next order of each gets "1". Also with `reuseRowIds` false. With ids of one's own (`setRow`): two rows.
# Why it matters: the order of the one is lost, the other is of nobody, and both devices were told an id. It comes with the step from
# one device to two.
# What says otherwise: the documentation of addRow, it gives "the unique Id assigned"; the guide to MergeableStore, that all existing
# calls of the store stay as they are.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent tinybase@10.0.1
cat >run.mjs <<'PROGRAM'
import { createMergeableStore } from 'tinybase'

const noon = Date.UTC(2026, 10, 30, 12)
const earlier = { item: 'milk', amount: 99, urgent: true }
const later = { item: 'tea', amount: 20 }
function meet(add) {
  const tills = [createMergeableStore('till-1', () => noon), createMergeableStore('till-2', () => noon + 60_000)]
  const ids = [add(tills[0], earlier, 0), add(tills[1], later, 1)]
  tills[0].merge(tills[1])
  const rows = tills.map(till => JSON.stringify(Object.fromEntries(Object.entries(till.getTable('orders')).sort(([one], [other]) => (one < other ? -1 : 1)))))
  return { ids: ids.join(), rows: rows[0], equal: rows[0] === rows[1], tills }
}
const numbered = meet((till, order) => till.addRow('orders', order))
const next = numbered.tills.map(till => till.addRow('orders', later)).join()
const unused = meet((till, order) => till.addRow('orders', order, false))
const named = meet((till, order, index) => {
  till.setRow('orders', `till-${index + 1}.0`, order)
  return `till-${index + 1}.0`
})
for (const [name, { ids, rows }] of Object.entries({ addRow: numbered, 'addRow, reuseRowIds false': unused, setRow: named })) {
  console.log(`tinybase 10.0.1, ${name}: ids ${ids}, then ${rows}`)
}
const one = '{"0":{"item":"tea","amount":20,"urgent":true}}'
const same = numbered.ids === '0,0' && numbered.rows === one && numbered.equal && next === '1,1'
  && unused.ids === '0,0' && unused.rows === one
  && Object.keys(JSON.parse(named.rows)).length === 2 && named.equal
console.log(same ? 'as described: two orders, one row' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
