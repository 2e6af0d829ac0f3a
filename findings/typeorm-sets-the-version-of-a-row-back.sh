#!/usr/bin/env bash
# A version column of TypeORM counts the changes of a row and guards none. `save` of an object that was read before somebody else's
# change overwrites that change, and sets the version back to what it was before it.
# Seen with typeorm 1.1.1, beside sequelize 6.37.8, on PostgreSQL (PGlite 0.5.17), Node 20 and 24: two read an account with 100 at
# version 1; one saves 70: version 2; two saves 50: no error, and the row is 50 at version 1. Whoever read version 1 before both
# passes the check `lock: { mode: 'optimistic', version: 1 }` then. Sequelize (`version: true`): the second save is an
# OptimisticLockError; but Model.update does not raise its version, and a stale destroy() is not refused.
# Why it matters: 30 of two payments are gone without a word. What reads like optimistic locking is a check on reading alone, and an
# ETag made of the version is given out twice for two contents.
# What reads otherwise: TypeORM's documentation, a version column is a number that each save increments.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent --legacy-peer-deps typeorm@1.1.1 sequelize@6.37.8 pg@8.23.1 @electric-sql/pglite@0.5.17 @electric-sql/pglite-socket@0.2.17 \
  reflect-metadata@0.2.2
cat >run.mjs <<'PROGRAM'
import 'reflect-metadata'
import { createRequire } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const require = createRequire(import.meta.url)
const { DataTypes, Sequelize } = require('sequelize')
const { DataSource, EntitySchema } = require('typeorm')

const database = await PGlite.create()
await database.exec('create table accounts (id int primary key, balance int, version int not null)')
await database.exec('create table others (id int primary key, balance int, version int not null)')
const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: 4 })
await server.start()
const port = Number(server.getServerConn().split(':').at(-1))
const connection = { host: '127.0.0.1', port, username: 'postgres', password: 'none', database: 'postgres' }
const row = async table => {
  const { balance, version } = (await database.query(`select balance, version from ${table}`)).rows[0]
  return `${balance} at version ${version}`
}
const told = promise => promise.then(() => 'saved', error => error.name)

const columns = { id: { type: 'int', primary: true }, balance: { type: 'int' }, version: { type: 'int', version: true } }
const Account = new EntitySchema({ name: 'Account', tableName: 'accounts', columns })
const source = await new DataSource({ type: 'postgres', ...connection, entities: [Account], extra: { max: 1 } }).initialize()
const accounts = source.getRepository(Account)
await accounts.save({ id: 1, balance: 100 })
const steps = [await row('accounts')]
const [one, two] = [await accounts.findOneBy({ id: 1 }), await accounts.findOneBy({ id: 1 })]
one.balance -= 30
two.balance -= 50
steps.push(await told(accounts.save(one)), await row('accounts'), await told(accounts.save(two)), await row('accounts'))
console.log('typeorm 1.1.1:', steps.join(', '))
const checked = await source.transaction(manager => told(manager.findOneOrFail(Account, { where: { id: 1 }, lock: { mode: 'optimistic', version: 1 } })))
console.log('typeorm 1.1.1, a check for version 1 after both:', checked === 'saved' ? 'passes' : checked)

const sequelize = new Sequelize({ dialect: 'postgres', ...connection, logging: false, pool: { max: 1 } })
const Other = sequelize.define('others', { id: { type: DataTypes.INTEGER, primaryKey: true }, balance: DataTypes.INTEGER }, { version: true, timestamps: false, tableName: 'others' })
await Other.create({ id: 1, balance: 100 })
const [first, second, third] = [await Other.findByPk(1), await Other.findByPk(1), await Other.findByPk(1)]
const others = [await row('others')]
others.push(await told(first.update({ balance: 70 })), await row('others'), await told(second.update({ balance: 50 })))
await Other.update({ balance: 7 }, { where: { id: 1 } })
others.push(await row('others'), await told(third.destroy()))
console.log('sequelize 6.37.8:', others.join(', '))
const same =
  steps.join() === '100 at version 1,saved,70 at version 2,saved,50 at version 1' &&
  checked === 'saved' &&
  others.join() === '100 at version 0,saved,70 at version 1,SequelizeOptimisticLockError,7 at version 1,saved'
console.log(same ? 'as described: overwritten, and the version set back' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
