#!/usr/bin/env bash
# "Insert unless it is there" is how a claim is made in SQL. TypeORM's `orIgnore()` and Sequelize's `ignoreDuplicates` tell the
# one who wrote the row and the one who wrote nothing the same.
# Seen with typeorm 1.1.1 and sequelize 6.37.8 on PostgreSQL (PGlite 0.5.17), Node 20 and 24: two inserts of the key order-51, one
# after the other. TypeORM: both results name { key: 'order-51' } among their identifiers, and are equal to the last letter.
# Sequelize, bulkCreate with `returning: true`: both give an instance that is no new record, the second with the second owner,
# while the row has the first. With `.returning('key')` TypeORM's `raw` has one row, then none; findOrCreate says true, then false.
# Why it matters: who takes an identifier, or an instance, for "I have it" makes the payment a second time, by two servers at
# once, with a unique key in the table that was to prevent just that.
# What says otherwise: the types of TypeORM, identifiers: "inserted entity id". Those of Sequelize say of bulkCreate that its
# instances may not show the rows completely, for the sake of generated ids, and nothing of rows that are another's.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent --legacy-peer-deps typeorm@1.1.1 sequelize@6.37.8 pg@8.23.1 @electric-sql/pglite@0.5.17 @electric-sql/pglite-socket@0.2.17 \
  reflect-metadata@0.2.2
cat >run.mjs <<'PROGRAM'
import 'reflect-metadata'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { DataTypes, Sequelize } = require('sequelize')
const { DataSource, EntitySchema } = require('typeorm')

const database = await PGlite.create()
await database.exec('create table claims (key text primary key, owner text)')
const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port: 0, maxConnections: 4 })
await server.start()
const port = Number(server.getServerConn().split(':').at(-1))
const connection = { host: '127.0.0.1', port, username: 'postgres', password: 'none', database: 'postgres' }
const seen = {}
async function twice(name, claim) {
  seen[name] = []
  for (const owner of ['one', 'two']) seen[name].push(JSON.stringify(await claim(owner)))
  console.log(`${name}:\n  one is told ${seen[name][0]}\n  two is told ${seen[name][1]}`)
}

const columns = { key: { type: 'text', primary: true }, owner: { type: 'text' } }
const Claim = new EntitySchema({ name: 'Claim', tableName: 'claims', columns })
const source = await new DataSource({ type: 'postgres', ...connection, entities: [Claim], extra: { max: 1 } }).initialize()
const insert = (key, owner) => source.createQueryBuilder().insert().into(Claim).values({ key, owner }).orIgnore()
await twice('typeorm 1.1.1, orIgnore', owner => insert('order-51', owner).execute())
await twice('typeorm 1.1.1, orIgnore and returning, raw', owner =>
  insert('order-52', owner)
    .returning('key')
    .execute()
    .then(result => result.raw),
)

const sequelize = new Sequelize({ dialect: 'postgres', ...connection, logging: false, pool: { max: 1 } })
const attributes = { key: { type: DataTypes.TEXT, primaryKey: true }, owner: DataTypes.TEXT }
const Claims = sequelize.define('claims', attributes, { timestamps: false, tableName: 'claims' })
await twice('sequelize 6.37.8, ignoreDuplicates', async owner => {
  const instances = await Claims.bulkCreate([{ key: 'order-53', owner }], { ignoreDuplicates: true, returning: true })
  return instances.map(instance => ({ ...instance.get(), isNewRecord: instance.isNewRecord }))
})
await twice('sequelize 6.37.8, findOrCreate', async owner => (await Claims.findOrCreate({ where: { key: 'order-54' }, defaults: { owner } }))[1])

const { rows } = await database.query('select key, owner from claims order by key')
console.log('in the table:', rows.map(({ key, owner }) => `${key} of ${owner}`).join(', '))
const [ignored, returned, duplicates, created] = Object.values(seen)
const same =
  rows.length === 4 &&
  rows.every(({ owner }) => owner === 'one') &&
  ignored[0] === ignored[1] &&
  ignored[1].includes('"identifiers":[{"key":"order-51"}]') &&
  returned.join() === '[{"key":"order-52"}],[]' &&
  duplicates[1] === '[{"key":"order-53","owner":"two","isNewRecord":false}]' &&
  created.join() === 'true,false'
console.log(same ? 'as described: both are told that they have it' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
