#!/usr/bin/env bash
# The hooks "after commit" of Sequelize, TypeORM and typeorm-transactional run when a nested transaction (a savepoint) is left,
# before anything is committed, and stay done when the outer one is rolled back. Sequelize runs them after a COMMIT that
# failed, too.
# Seen with sequelize 6.37.8 (PostgreSQL by PGlite 0.5.17), typeorm 1.1.1 and typeorm-transactional 0.5.0 (sql.js 1.17.0) on
# Node 20 and 24: the order is written in a nested transaction with the hook "send the mail", the outer one throws: the mail
# is sent, no order is in the table. Sequelize, an order whose deferred foreign key fails at COMMIT: the transaction rejects,
# the hook ran before, no order.
# Why it matters: the hook is where people put the call that must not go out for an order that is not there: the payment, the
# mail, the job. Write what is to be sent into the same transaction (an outbox), or send after the outermost one has resolved.
# What says otherwise: types of sequelize, a hook "run after a transaction is committed"; README of typeorm-transactional,
# "after the current transaction was successfully committed"; TypeORM's name for its own, afterTransactionCommit.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent --legacy-peer-deps sequelize@6.37.8 pg@8.23.1 @electric-sql/pglite@0.5.17 @electric-sql/pglite-socket@0.2.17 \
  typeorm@1.1.1 typeorm-transactional@0.5.0 sql.js@1.17.0 reflect-metadata@0.2.2
cat >run.mjs <<'PROGRAM'
import 'reflect-metadata'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Sequelize } = require('sequelize')
const { DataSource, EventSubscriber } = require('typeorm')
const transactional = require('typeorm-transactional')

let sent = []
const seen = {}
/** Runs a transaction that is rolled back; notes what its hooks did and what is in the table. */
async function rolledBack(name, transaction, orders) {
  sent = []
  const ended = await transaction().then(
    () => 'committed',
    () => 'rejected',
  )
  await new Promise(done => setTimeout(done, 50))
  seen[name] = `${sent.join(' and ') || 'nothing sent'}, ${ended}, orders: ${await orders()}`
  console.log(`${name}: ${seen[name]}`)
}
const outOfStock = () => {
  throw new Error('out of stock')
}

const database = await PGlite.create()
const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0 })
await server.start()
await database.exec('create table customers (id int primary key)')
await database.exec('create table orders (id int, customer int references customers (id) deferrable initially deferred)')
const port = Number(server.getServerConn().split(':').at(-1))
const sequelize = new Sequelize({ dialect: 'postgres', host: '127.0.0.1', port, username: 'postgres', password: 'none', database: 'postgres', logging: false, pool: { max: 1 } })
const inPostgres = async () => (await database.query('select count(*)::int as n from orders')).rows[0].n
const nestedInSequelize = outer =>
  sequelize.transaction({ transaction: outer }, async inner => {
    inner.afterCommit(() => sent.push('mail sent'))
    await sequelize.query('insert into orders values (51, null)', { transaction: inner })
  })
await rolledBack('sequelize 6.37.8, nested', () => sequelize.transaction(outer => nestedInSequelize(outer).then(outOfStock)), inPostgres)
const failsAtCommit = () =>
  sequelize.transaction(async transaction => {
    transaction.afterCommit(() => sent.push('mail sent'))
    await sequelize.query('insert into orders values (52, 7)', { transaction }) // there is no customer 7
  })
await rolledBack('sequelize 6.37.8, COMMIT fails', failsAtCommit, inPostgres)

transactional.initializeTransactionalContext()
class Mails {
  afterTransactionCommit() {
    sent.push('mail sent')
  }
}
EventSubscriber()(Mails)
const subscribed = await new DataSource({ type: 'sqljs', subscribers: [Mails] }).initialize()
const hooked = await transactional.addTransactionalDataSource(new DataSource({ type: 'sqljs' })).initialize()
for (const source of [subscribed, hooked]) await source.query('create table orders (id int)')
const inTable = source => async () => (await source.query('select count(*) as n from orders'))[0].n
const nestedInTypeorm = () =>
  subscribed.transaction(outer => outer.transaction(inner => inner.query('insert into orders values (51)')).then(outOfStock))
await rolledBack('typeorm 1.1.1, nested', nestedInTypeorm, inTable(subscribed))
const { Propagation, runInTransaction, runOnTransactionCommit } = transactional
const inner = async () => {
  runOnTransactionCommit(() => sent.push('mail sent'))
  await hooked.query('insert into orders values (51)')
}
const nestedInHooks = () => runInTransaction(() => runInTransaction(inner, { propagation: Propagation.NESTED }).then(outOfStock))
await rolledBack('typeorm-transactional 0.5.0, nested', nestedInHooks, inTable(hooked))

const same = Object.values(seen).length === 4 && Object.values(seen).every(line => line === 'mail sent, rejected, orders: 0')
console.log(same ? 'as described: a mail for an order that is not there' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs 2>errors || {
  cat errors
  exit 1
}
