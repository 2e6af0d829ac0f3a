#!/usr/bin/env bash
# Three ORMs insert many rows, leave out those whose key is there already, and hand the ids that PostgreSQL returns to the objects by
# their place in the list: the order that was left out gets the id of the next one's row.
# Seen with sequelize 6.37.8 (`bulkCreate`, `ignoreDuplicates`), typeorm 1.1.1 (`insert`, `orIgnore`, and `upsert` with
# `skipUpdateIfNoValuesChanged`) and objection 3.1.5 with knex 3.3.0 (`insert`, `onConflict().ignore()`) on PostgreSQL (PGlite 0.5.17),
# Node 20 and 24: the key "a" has a charge of the id 1; a, c and d are inserted; the rows of c and d get the ids 4 and 5. TypeORM and
# Objection: the object of a has id 4, that of c has 5, that of d none. Sequelize rewrites the objects: c with 4, d with 5, and d once
# more without an id; a is gone from what it resolves with. TypeORM's upsert: a, unchanged, gets the id of f.
# Why it matters: a repeat in a batch is the case that the option is for. The answer to order a names the charge of order c, which is then
# refunded or captured for it. A batch without a repeat, or with the repeat at its end, shows nothing.
# What reads otherwise: PostgreSQL's documentation, RETURNING gives the rows that were inserted, and those alone; with the key in the
# same RETURNING the rows find their objects.
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
const emptied = async () => {
  await database.exec('drop table if exists charges; create table charges (id serial primary key, key text unique, amount int)')
  await database.exec("insert into charges (key, amount) values ('a', 20), ('b', 30)")
}
const batch = () => ['a', 'c', 'd'].map(key => ({ key, amount: 20 }))
const named = objects => objects.map(({ key, id }) => `${key} is ${id ?? 'nothing'}`).join(', ')
const rows = async () => named((await database.query('select id, key from charges order by id')).rows)
const seen = {}

await emptied()
const sequelize = new Sequelize({ dialect: 'postgres', username: 'postgres', ...account, logging: false, pool: { max: 1 } })
const Charge = sequelize.define('charge', { key: DataTypes.TEXT, amount: DataTypes.INTEGER }, { timestamps: false, tableName: 'charges' })
seen['sequelize 6.37.8'] = named(await Charge.bulkCreate(batch(), { ignoreDuplicates: true, returning: true }))
const inTable = await rows()
await sequelize.close()

await emptied()
const columns = { id: { type: 'int', primary: true, generated: 'increment' }, key: { type: 'text', unique: true }, amount: { type: 'int' } }
const entity = new EntitySchema({ name: 'Charge', tableName: 'charges', columns })
const source = await new DataSource({ type: 'postgres', username: 'postgres', ...account, entities: [entity], extra: { max: 1 } }).initialize()
const ignored = batch()
await source.getRepository(entity).createQueryBuilder().insert().values(ignored).orIgnore().execute()
seen['typeorm 1.1.1'] = named(ignored)
const unchanged = [{ key: 'a', amount: 20 }, { key: 'f', amount: 20 }]
await source.getRepository(entity).upsert(unchanged, { conflictPaths: ['key'], skipUpdateIfNoValuesChanged: true })
const found = (await database.query("select id from charges where key = 'f'")).rows[0].id
seen['typeorm 1.1.1, upsert'] = unchanged[0].id === found ? 'a is f' : named(unchanged)
await source.destroy()

await emptied()
const connection = knex({ client: 'pg', connection: { user: 'postgres', ...account }, pool: { min: 0, max: 1 } })
class Row extends Model {
  static tableName = 'charges'
}
Row.knex(connection)
seen['objection 3.1.5'] = named(await Row.query().insert(batch()).onConflict('key').ignore())
await connection.destroy()

console.log('in the table:', inTable)
for (const [name, told] of Object.entries(seen)) console.log(`${name}: ${told}`)
const same =
  inTable === 'a is 1, b is 2, c is 4, d is 5' &&
  Object.values(seen).join('; ') ===
    'c is 4, d is 5, d is nothing; a is 4, c is 5, d is nothing; a is f; a is 4, c is 5, d is nothing'
console.log(same ? 'as described: the order that was there has the id of another' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
