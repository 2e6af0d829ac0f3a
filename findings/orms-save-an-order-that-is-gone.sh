#!/usr/bin/env bash
# An object is read, its row is deleted by somebody else, the object is changed and saved. Sequelize says that it saved, and there is no
# row. TypeORM writes the row anew, under another id than the object had.
# Seen with sequelize 6.37.8 and typeorm 1.1.1, beside objection 3.1.5 with knex 3.3.0, on PostgreSQL (PGlite 0.5.17), Node 20 and 24:
# order 1, key order-51, open, is read; it is cancelled, that is deleted; the object is set to "paid". Sequelize: `save()`, `update()`,
# `increment()` and `destroy()` resolve, the object says paid, the table is empty. TypeORM: `save` resolves, the table has order-51 as
# paid, with the id 2. Objection: `$query().patch()` resolves with 0.
# Why it matters: the one tells a payment that is written nowhere, the other brings back an order that was cancelled, under a number
# that no invoice has; and neither rejects, so a retry or an alarm has nothing to start from. Sequelize refuses where the model has a
# `version`; by TypeORM it is `update` with the id, and its `affected`, that tell.
# What reads otherwise: the names. Sequelize's `reload()` of the same object does reject: "it does not exist anymore".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent --legacy-peer-deps sequelize@6.37.8 typeorm@1.1.1 objection@3.1.5 knex@3.3.0 pg@8.23.1 \
  @electric-sql/pglite@0.5.17 @electric-sql/pglite-socket@0.2.17 reflect-metadata@0.2.2
cat >run.mjs <<'PROGRAM'
import 'reflect-metadata'
import { createRequire } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const require = createRequire(import.meta.url)
const knex = require('knex')
const { Model } = require('objection')
const { DataTypes, Sequelize } = require('sequelize')
const { DataSource, EntitySchema } = require('typeorm')

const database = await PGlite.create()
const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: 4 })
await server.start()
const port = Number(server.getServerConn().split(':').at(-1))
const account = { host: '127.0.0.1', port, database: 'postgres', password: 'none' }
const oneOrder = async () => {
  await database.exec('drop table if exists orders; create table orders (id serial primary key, key text, state text, tries int)')
  await database.exec("insert into orders (key, state, tries) values ('order-51', 'open', 0)")
}
const cancelled = () => database.exec('delete from orders')
const table = async () => JSON.stringify((await database.query('select id, key, state from orders')).rows)
const told = promise => promise.then(value => value, error => error.name)
const seen = {}

const sequelize = new Sequelize({ dialect: 'postgres', username: 'postgres', ...account, logging: false, pool: { max: 1 } })
const columns = { key: DataTypes.TEXT, state: DataTypes.TEXT, tries: DataTypes.INTEGER }
const Order = sequelize.define('order', columns, { timestamps: false, tableName: 'orders' })
const ways = {
  save: order => ((order.state = 'paid'), order.save()),
  update: order => order.update({ state: 'paid' }),
  increment: order => order.increment('tries'),
  destroy: order => order.destroy(),
  reload: order => order.reload(),
}
for (const [name, act] of Object.entries(ways)) {
  await oneOrder()
  const order = await Order.findOne()
  await cancelled()
  const answer = await told(act(order))
  seen[`sequelize 6.37.8, ${name}`] = `${typeof answer === 'string' ? answer : `resolves, order ${order.id} ${order.state}`}, in the table ${await table()}`
}
await sequelize.close()

const fields = { id: { type: 'int', primary: true, generated: 'increment' }, key: { type: 'text' }, state: { type: 'text' }, tries: { type: 'int' } }
const entity = new EntitySchema({ name: 'Order', tableName: 'orders', columns: fields })
const source = await new DataSource({ type: 'postgres', username: 'postgres', ...account, entities: [entity], extra: { max: 1 } }).initialize()
await oneOrder()
const order = await source.getRepository(entity).findOneByOrFail({ key: 'order-51' })
await cancelled()
order.state = 'paid'
const saved = await told(source.getRepository(entity).save(order))
seen['typeorm 1.1.1, save'] = `${typeof saved === 'string' ? saved : `resolves, order ${saved.id} ${saved.state}`}, in the table ${await table()}`
await source.destroy()

const connection = knex({ client: 'pg', connection: { user: 'postgres', ...account }, pool: { min: 0, max: 1 } })
class Row extends Model {
  static tableName = 'orders'
}
Row.knex(connection)
await oneOrder()
const row = await Row.query().first()
await cancelled()
seen['objection 3.1.5, patch'] = `resolves with ${await told(row.$query().patch({ state: 'paid' }))}, in the table ${await table()}`
await connection.destroy()

for (const [name, line] of Object.entries(seen)) console.log(`${name}: ${line}`)
const same =
  Object.values(seen).join('; ') ===
  [
    'resolves, order 1 paid, in the table []',
    'resolves, order 1 paid, in the table []',
    'resolves, order 1 open, in the table []',
    'resolves, order 1 open, in the table []',
    'SequelizeInstanceError, in the table []',
    'resolves, order 2 paid, in the table [{"id":2,"key":"order-51","state":"paid"}]',
    'resolves with 0, in the table []',
  ].join('; ')
console.log(same ? 'as described: saved where there is nothing, or made anew' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
