#!/usr/bin/env bash
# In PostgreSQL a transaction in which one statement failed is over, and COMMIT answers "ROLLBACK", which is no error. Six
# libraries do not read that word: where the program has caught the statement's error, their transaction resolves, with the value
# of its function, and nothing is committed.
# Seen with knex 3.3.0, drizzle-orm 0.45.4, sequelize 6.37.8, typeorm 1.1.1, pg-promise 12.7.1, prisma 7.10.0 (all over pg 8.23.1), kysely 0.29.9
# and postgres 3.4.9 on PostgreSQL (PGlite 0.5.17), Node 20 (all but prisma) and 24: insert a charge, then a note whose key is taken, and
# catch that: the six resolve with "paid", and the charge is not there. Kysely and postgres.js reject. pg itself: { command: 'ROLLBACK' }.
# Why it matters: "insert, and never mind if it is there" with a catch is how claims and logs are written beside a payment. The
# caller is told "paid", and what the outbox had in the transaction is never sent. `on conflict do nothing` fails no statement.
# What reads otherwise: the documentations of all six, the transaction is committed if the function's promise resolves.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm pkg set type=module
npm install --no-audit --no-fund --silent --legacy-peer-deps --ignore-scripts knex@3.3.0 drizzle-orm@0.45.4 sequelize@6.37.8 typeorm@1.1.1 pg-promise@12.7.1 kysely@0.29.9 postgres@3.4.9 \
  pg@8.23.1 @electric-sql/pglite@0.5.17 @electric-sql/pglite-socket@0.2.17 reflect-metadata@0.2.2 \
  prisma@7.10.0 @prisma/client@7.10.0 @prisma/adapter-pg@7.10.0
printf 'generator client {\nprovider = "prisma-client"\noutput = "generated"\n}\ndatasource db {\nprovider = "postgresql"\n}\n' >schema.prisma
# `generate` runs no schema engine, which Prisma would download: any program does in its place.
PRISMA_SCHEMA_ENGINE_BINARY=$(command -v node) npx prisma generate --schema schema.prisma >/dev/null 2>&1
cat >run.mjs <<'PROGRAM'
import 'reflect-metadata'
import { createRequire } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const require = createRequire(import.meta.url)
const { Client, Pool } = require('pg')
const database = await PGlite.create()
await database.exec("create table charges (id text primary key); create table notes (id text primary key); insert into notes values ('taken')")
const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: 20 })
await server.start()
const port = Number(server.getServerConn().split(':').at(-1))
const connection = { host: '127.0.0.1', port, user: 'postgres', password: 'none', database: 'postgres', max: 1 }
const url = `postgres://postgres:none@127.0.0.1:${port}/postgres`
const note = "insert into notes values ('taken')"
const charge = id => `insert into charges values ('${id}')`
async function pay(query, id) {
  await query(charge(id))
  await query(note).catch(() => {}) // it is there already: never mind
  return 'paid'
}
const transactions = {
  'knex 3.3.0': id => require('knex')({ client: 'pg', connection, pool: { min: 0, max: 1 } }).transaction(transaction => pay(text => transaction.raw(text), id)),
  'drizzle-orm 0.45.4': id =>
    require('drizzle-orm/node-postgres')
      .drizzle(new Pool(connection))
      .transaction(transaction => pay(text => transaction.execute(require('drizzle-orm').sql.raw(text)), id)),
  'sequelize 6.37.8'(id) {
    const sequelize = new (require('sequelize').Sequelize)(url, { logging: false, pool: { max: 1 } })
    return sequelize.transaction(transaction => pay(text => sequelize.query(text, { transaction }), id))
  },
  async 'typeorm 1.1.1'(id) {
    const source = await new (require('typeorm').DataSource)({ type: 'postgres', url, extra: { max: 1 } }).initialize()
    return source.transaction(manager => pay(text => manager.query(text), id))
  },
  'pg-promise 12.7.1': id => require('pg-promise')()(connection).tx(transaction => pay(text => transaction.none(text), id)),
  async 'prisma 7.10.0'(id) {
    const { PrismaClient } = await import('./generated/client.ts')
    const prisma = new PrismaClient({ adapter: new (require('@prisma/adapter-pg').PrismaPg)({ ...connection }) })
    return prisma.$transaction(transaction => pay(text => transaction.$executeRawUnsafe(text), id))
  },
  'kysely 0.29.9'(id) {
    const { CompiledQuery, Kysely, PostgresDialect } = require('kysely')
    const kysely = new Kysely({ dialect: new PostgresDialect({ pool: new Pool(connection) }) })
    return kysely.transaction().execute(transaction => pay(text => transaction.executeQuery(CompiledQuery.raw(text)), id))
  },
  'postgres 3.4.9': id => require('postgres')(url, { max: 1, onnotice: () => {} }).begin(transaction => pay(text => transaction.unsafe(text), id)),
  async 'pg 8.23.1'(id) {
    const client = new Client(connection)
    await client.connect()
    await client.query('begin')
    await pay(text => client.query(text), id)
    return (await client.query('commit')).command
  },
}
const seen = []
for (const [name, transaction] of Object.entries(transactions)) {
  const told = await transaction(name).then(value => value, () => 'rejects')
  const { rows } = await database.query('select 1 from charges where id = $1', [name])
  console.log(`${name}: ${told === 'rejects' ? told : `resolves with ${told}`}, ${rows.length} charges committed`)
  seen.push(`${told} ${rows.length}`)
}
const same = seen.join() === 'paid 0,paid 0,paid 0,paid 0,paid 0,paid 0,rejects 0,rejects 0,ROLLBACK 0'
console.log(same ? 'as described: paid, and nothing there' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
