#!/usr/bin/env bash
# An insert by knex on SQLite resolves with the id of the new row. Where `onConflict().ignore()` wrote none, it resolves with the
# id of the row that this connection inserted last, in whatever table.
# Seen with knex 3.3.0, its client better-sqlite3, by libsql 0.5.29 in that driver's place (which needs no compiler) and by
# better-sqlite3 12.11.1 itself, on Node 20 and 24: the charge of order-51 is inserted: [1]. Five customers later the same charge,
# ignored: [5]; there is no charge 5. With `.merge()`, which rewrites charge 1: [5]. With `.returning('id')`: [] where it was
# ignored, [{ id: 1 }] where it was merged.
# Why it matters: the repeat of an order is answered with the number of another one's charge, as soon as there are that many. In
# a test, where no other table is written in between, the right id comes out.
# What reads otherwise: the documentation of knex, an insert gives the id of what was inserted. SQLite's own says that the last
# rowid stays as it is where an insert was ignored.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent knex@3.3.0 better-sqlite3@npm:libsql@0.5.29
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'

const knex = createRequire(import.meta.url)('knex')
const database = knex({ client: 'better-sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true, pool: { min: 1, max: 1 } })
await database.schema.createTable('charges', table => table.increments('id') && table.text('key').unique())
await database.schema.createTable('customers', table => table.increments('id') && table.text('name'))
const charge = () => database('charges').insert({ key: 'order-51' }).onConflict('key')
const told = [await charge().ignore(), await charge().ignore()]
for (let number = 1; number <= 5; number++) await database('customers').insert({ name: `customer ${number}` })
told.push(await charge().ignore(), await charge().merge(), await charge().ignore().returning('id'), await charge().merge().returning('id'))
const rows = await database('charges').select()
const names = ['new', 'ignored at once', 'ignored, after five customers', 'merged', 'ignored, returning', 'merged, returning']
names.forEach((name, at) => console.log(`knex 3.3.0, ${name}: ${JSON.stringify(told[at])}`))
console.log('in the table:', rows)
await database.destroy()
const same = JSON.stringify(told) === '[[1],[1],[5],[5],[],[{"id":1}]]' && rows.length === 1 && rows[0].id === 1
console.log(same ? 'as described: the id of a customer for that of a charge' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
