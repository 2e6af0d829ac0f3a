#!/usr/bin/env bash
# slonik runs the function of a transaction again, up to five times more, where PostgreSQL ends it with a serialization failure or a
# deadlock. What the function did outside of the database is done again each time, and rolled back never.
# Seen with slonik 47.3.2, no options, on PostgreSQL (PGlite 0.5.17), Node 20 and 24; beside knex 3.3.0 and postgres 3.4.9. The function
# pays, writes the order, and meets 40001 twice: three payments, one order, and the call resolves. It meets 40001 for ever: six payments,
# no order, and the call rejects with the error of the last try. knex and postgres: one payment, and they reject.
# Why it matters: a serialization failure comes under load, when two customers buy at once; a test has one. The one order in the table
# has one charge id, the last; two or five charges are known to nobody. Pay before or after the transaction, and under a key of the order;
# `transaction(handler, 0)` runs it once.
# What reads otherwise: `pool.transaction(handler)` reads like that of the others; the type tells of `transactionRetryLimit`, 5 by default.
# Source: PostgreSQL's documentation, 13.5: an application that retries has to do the whole again, with its decisions.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent --legacy-peer-deps slonik@47.3.2 zod@4.4.3 knex@3.3.0 pg@8.23.1 postgres@3.4.9 \
  @electric-sql/pglite@0.5.17 @electric-sql/pglite-socket@0.2.17
cat >run.mjs <<'PROGRAM'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import knex from 'knex'
import postgres from 'postgres'
import { createPool, sql } from 'slonik'

const database = await PGlite.create()
await database.exec(`create table orders (key text, charge int); create sequence tries;
  create function meets(failures int) returns void language plpgsql as $$
  begin if nextval('tries') <= failures then raise exception 'could not serialize access' using errcode = '40001'; end if; end $$`)
const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: 4 })
await server.start()
const url = `postgresql://postgres:none@127.0.0.1:${server.getServerConn().split(':').at(-1)}/postgres`
async function buy(name, failures, transaction) {
  await database.exec('delete from orders; alter sequence tries restart')
  let charges = 0
  const told = await transaction(() => ++charges, failures).then(() => 'resolves', error => `rejects, ${error.message}`)
  const { rows } = await database.query('select charge from orders')
  const line = `${told}, payments ${charges}, orders ${rows.length}`
  console.log(`${name}, ${failures} failures: ${line}`)
  return line
}
const pool = await createPool(url, { maximumPoolSize: 1 })
const bySlonik = limit => (pay, failures) =>
  pool.transaction(async transaction => {
    const charge = pay()
    await transaction.query(sql.unsafe`insert into orders values ('order-51', ${charge})`)
    await transaction.query(sql.unsafe`select meets(${failures}::int)`)
  }, limit)
const seen = [
  await buy('slonik 47.3.2', 0, bySlonik()),
  await buy('slonik 47.3.2', 2, bySlonik()),
  await buy('slonik 47.3.2', 50, bySlonik()),
  await buy('slonik 47.3.2, limit 0', 2, bySlonik(0)),
]
await pool.end()
const connection = knex({ client: 'pg', connection: url, pool: { min: 0, max: 1 } })
seen.push(
  await buy('knex 3.3.0', 2, (pay, failures) =>
    connection.transaction(async transaction => {
      await transaction('orders').insert({ key: 'order-51', charge: pay() })
      await transaction.raw('select meets(?::int)', [failures])
    }),
  ),
)
await connection.destroy()
const other = postgres(url, { max: 1 })
seen.push(
  await buy('postgres 3.4.9', 2, (pay, failures) =>
    other.begin(async transaction => {
      await transaction`insert into orders values ('order-51', ${pay()})`
      await transaction`select meets(${failures}::int)`
    }),
  ),
)
const once = /^rejects, .*could not serialize access, payments 1, orders 0$/
const same =
  seen[0] === 'resolves, payments 1, orders 1' &&
  seen[1] === 'resolves, payments 3, orders 1' &&
  /^rejects, .*, payments 6, orders 0$/.test(seen[2]) &&
  seen.slice(3).every(line => once.test(line))
console.log(same ? 'as described: a payment for each try' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
