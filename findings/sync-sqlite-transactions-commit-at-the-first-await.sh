#!/usr/bin/env bash
# libsql, and Drizzle on sql.js, take an async function for a transaction, and commit it when it comes to its first await. What it writes
# after that is committed line by line, and what it throws, or rollback(), takes nothing back. The call rejects as if it had.
# Seen with libsql 0.5.29 and drizzle-orm 0.45.4 on sql.js 1.17.0, beside drizzle-orm on libsql's other client (@libsql/client 0.17.4), on
# Node 20 and 24: the order is written, the payment is awaited and declined, the function throws: the call rejects with "declined", and the
# order is in the table; so is a row that libsql's function writes after the await. `tx.rollback()` of Drizzle, after an await: rejects with
# "Rollback", and the order is there. By @libsql/client: no order.
# Why it matters: "rejected" is read as "rolled back": the customer is told so and orders again, and the worker ships what is in the table.
# In a test the function that pays is a double without a real wait, but an await is an await: it shows there, to whoever looks at the table.
# What reads otherwise: the types, transaction<T>(function that gives T), of which a promise is one. The API of libsql is that of
# better-sqlite3, whose documentation warns of async functions.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent --legacy-peer-deps libsql@0.5.29 drizzle-orm@0.45.4 sql.js@1.17.0 @libsql/client@0.17.4
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { createClient } from '@libsql/client'
import { sql } from 'drizzle-orm'
import { drizzle as onClient } from 'drizzle-orm/libsql'
import { drizzle as onSqlJs } from 'drizzle-orm/sql-js'
import initSqlJs from 'sql.js'

const Libsql = createRequire(import.meta.url)('libsql')
const declined = async (write = () => {}) => {
  await new Promise(done => setTimeout(done, 20))
  write()
  throw new Error('declined')
}
const told = act => Promise.resolve().then(act).then(() => 'resolves', error => `rejects, ${error.message || error.constructor.name}`)
const seen = {}

const database = new Libsql(':memory:')
database.exec('create table orders (key text)')
const order = database.transaction(async () => {
  database.prepare('insert into orders values (?)').run('order-51')
  await declined(() => database.prepare('insert into orders values (?)').run('try-51'))
})
seen['libsql 0.5.29'] = `${await told(order)}, rows ${database.prepare('select * from orders').all().length}`

const { Database } = await initSqlJs()
const memory = new Database()
memory.run('create table orders (key text)')
const count = () => memory.exec('select count(*) from orders')[0].values[0][0]
const drizzle = onSqlJs(memory)
seen['drizzle-orm 0.45.4, sql.js'] = `${await told(() =>
  drizzle.transaction(async transaction => {
    transaction.run(sql`insert into orders values ('order-51')`)
    await declined()
  }),
)}, orders ${count()}`
memory.run('delete from orders')
seen['drizzle-orm 0.45.4, sql.js, rollback()'] = `${await told(() =>
  drizzle.transaction(async transaction => {
    transaction.run(sql`insert into orders values ('order-51')`)
    await null
    transaction.rollback()
  }),
)}, orders ${count()}`

const other = onClient(createClient({ url: 'file:orders.db' }))
await other.run(sql`create table orders (key text)`)
seen['drizzle-orm 0.45.4, @libsql/client 0.17.4'] = `${await told(() =>
  other.transaction(async transaction => {
    await transaction.run(sql`insert into orders values ('order-51')`)
    await declined()
  }),
)}, orders ${(await other.all(sql`select * from orders`)).length}`

console.log(seen)
const same =
  Object.values(seen).join('; ') ===
  ['rejects, declined, rows 2', 'rejects, declined, orders 1', 'rejects, Rollback, orders 1', 'rejects, declined, orders 0'].join('; ')
console.log(same ? 'as described: rejected and committed' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
