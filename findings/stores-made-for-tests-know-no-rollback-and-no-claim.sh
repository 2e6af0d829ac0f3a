#!/usr/bin/env bash
# Two stores that tests are run on instead of the real ones: pg-mem, by its `pg` adapter, keeps what was rolled back; ioredis-mock
# takes no notice of `nx` in lower case, nor of KEEPTTL and of NX of EXPIRE.
# Seen with pg-mem 3.0.14 beside PGlite 0.5.17, and ioredis-mock 8.13.1 beside Redis 7.0.15, on Node 20 and 24: BEGIN, INSERT,
# ROLLBACK, each a query of one client: pg-mem has the row, and shows it to another client before; after a statement that failed
# the transaction goes on and commits. SET lock me px 1000 nx, twice: the mock says OK to both. KEEPTTL drops the time to live.
# Why it matters: an outbox is a row that must be gone with its order, a claim a SET that one of two wins, and a key's lifetime
# what is to be kept: each is right in production and wrong in the test, or the code is changed until the test is content.
# PGlite is PostgreSQL itself and needs no server.
# What says otherwise: the description of pg-mem, "A memory version of postgres"; Redis reads its options in either case.
set -eu
command -v redis-server >/dev/null || {
  echo 'needs redis-server'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent pg-mem@3.0.14 @electric-sql/pglite@0.5.17 ioredis-mock@8.13.1 ioredis@5.11.1
cat >run.mjs <<'PROGRAM'
import { PGlite } from '@electric-sql/pglite'
import Redis from 'ioredis'
import RedisMock from 'ioredis-mock'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { newDb } from 'pg-mem'

async function inPostgres(name, query, ofAnother) {
  const ids = async asked => (await asked('select id from outbox order by id')).rows.map(({ id }) => id).join()
  await query('create table outbox (id int primary key)')
  await query('begin')
  await query('insert into outbox values (51)')
  const meanwhile = ofAnother && (await ids(ofAnother))
  await query('rollback')
  const rolledBack = await ids(query)
  await query('begin')
  await query('insert into outbox values (52)')
  await query('insert into outbox values (52)').catch(() => {})
  const goesOn = await query('insert into outbox values (53)').then(
    () => true,
    () => false,
  )
  await query('commit')
  const seen = `after rollback [${rolledBack}], goes on after an error ${goesOn}, then [${await ids(query)}]`
  console.log(`${name}: ${seen}${ofAnother ? `, another client saw [${meanwhile}] before` : ''}`)
  return seen
}
const { Client } = newDb().adapters.createPg()
const clients = [new Client(), new Client()]
for (const client of clients) await client.connect()
const [one, another] = clients.map(client => text => client.query(text))
const memory = await inPostgres('pg-mem 3.0.14', one, another)
const database = await PGlite.create()
const real = await inPostgres('PGlite 0.5.17', text => database.query(text))

async function inRedis(name, redis) {
  const claims = [await redis.set('lock', 'one', 'px', 5000, 'nx'), await redis.set('lock', 'other', 'px', 5000, 'nx')]
  await redis.set('key', 'open', 'EX', 100)
  await redis.set('key', 'settled', 'KEEPTTL')
  const keeps = (await redis.ttl('key')) > 0
  await redis.set('lease', 'mine', 'EX', 100)
  await redis.expire('lease', 5, 'NX')
  const seen = `claims ${claims.join(' and ')}, KEEPTTL ${keeps}, lease ${await redis.ttl('lease')} s`
  console.log(`${name}: ${seen}`)
  return seen
}
const free = net.createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const { port } = free.address()
free.close()
await once(free, 'close')
const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
let printed = ''
while (!printed.includes('Ready to accept connections')) printed += String((await once(server.stdout, 'data'))[0])
const mock = await inRedis('ioredis-mock 8.13.1', new RedisMock())
const redis = await inRedis('Redis', new Redis({ host: '127.0.0.1', port }))
server.kill()

const same =
  memory === 'after rollback [51], goes on after an error true, then [51,52,53]' &&
  real === 'after rollback [], goes on after an error false, then []' &&
  mock === 'claims OK and OK, KEEPTTL false, lease 5 s' &&
  redis.startsWith('claims OK and , KEEPTTL true, lease ') &&
  !redis.endsWith('lease 5 s')
console.log(same ? 'as described: the test knows another store' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
