#!/usr/bin/env bash
# Behind PgBouncer, which lends a connection of PostgreSQL for a transaction at a time, a lock of the session belongs to whoever is lent
# that connection next. `pg_try_advisory_lock` is true for a second process while the first still holds it; the packages that lock so
# give their lock to both.
# Seen with PgBouncer 1.18.0 (Debian 12, pool_mode = transaction, else defaults), PostgreSQL 15, advisory-lock 2.0.0 and pg 8.23.1 on Node
# 20 and 24: two processes' tryLock('pay order-51'), each on a connection of its own: true and false; through PgBouncer: true and true. A
# lock that is taken through PgBouncer by a process that ends without unlocking: a process on a direct connection is told false
# afterwards, the lock is PgBouncer's. In a transaction, pg_try_advisory_xact_lock: true and false.
# Why it matters: locks "by the database that is there anyway" are how a payment run is kept to one worker, and PgBouncer, or the pooled
# address of a hosting company, is put in by somebody else later, as a change of one line. With one worker, in a test, all is well.
# What reads otherwise: advisory-lock calls itself "Distributed locking using PostgreSQL advisory locks". PgBouncer's table of features
# has locks of the session as "Never" in that mode, and no message tells at run time.
set -eu
postgres=$(dirname "$(readlink -f "$(command -v postgres || ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | tail -1 || true)")")
[ -x "$postgres/initdb" ] && command -v pgbouncer >/dev/null || {
  echo 'needs PostgreSQL and PgBouncer: apt-get install -y postgresql pgbouncer'
  exit 2
}
folder=$(mktemp -d)
mkdir "$folder/server"
cd "$folder"
as=()
# both refuse to run as root
if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod 755 "$folder"
  chown 65534:65534 "$folder/server"
fi
pids=()
trap 'for pid in "${pids[@]}"; do kill -INT "$pid" 2>/dev/null || true; done; wait; rm -rf "$folder"' EXIT
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent advisory-lock@2.0.0 pg@8.23.1
read -r direct pooled < <(node -e "
const { createServer } = require('node:net')
const servers = [1, 2].map(() => createServer().listen(0, '127.0.0.1'))
setTimeout(() => { console.log(servers.map(server => server.address().port).join(' ')); process.exit() }, 100)")
"${as[@]}" "$postgres/initdb" -D "$folder/server/data" -U shop -A trust --no-sync >/dev/null
"${as[@]}" "$postgres/postgres" -D "$folder/server/data" -p "$direct" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off 2>/dev/null &
pids+=($!)
cat >pgbouncer.ini <<INI
[databases]
postgres = host=127.0.0.1 port=$direct
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $pooled
unix_socket_dir =
auth_type = any
pool_mode = transaction
INI
sed -i 's/^postgres = .*/& user=shop/' pgbouncer.ini
"${as[@]}" pgbouncer -q pgbouncer.ini 2>/dev/null &
pids+=($!)
cat >run.mjs <<'PROGRAM'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [direct, pooled] = process.argv.slice(2)
const url = port => `postgresql://shop@127.0.0.1:${port}/postgres`
if (process.send) {
  // a worker
  const createMutex = require('advisory-lock').default(url(direct))
  const mutex = createMutex('pay order-51')
  let unlock
  process.on('message', async ask => {
    if (ask === 'lock') unlock = await mutex.tryLock()
    else await unlock()
    process.send(Boolean(unlock))
  })
} else {
  const { Client } = require('pg')
  const connected = async port => {
    for (let tries = 0; ; tries++) {
      const client = new Client(url(port))
      client.on('error', () => {})
      try {
        await client.connect()
        return client
      } catch (error) {
        if (tries === 100) throw error
        await new Promise(done => setTimeout(done, 100))
      }
    }
  }
  for (const port of [direct, pooled]) await (await connected(port)).end()
  const worker = port => fork(import.meta.filename, [port])
  const ask = async (child, what) => (child.send(what), (await once(child, 'message'))[0])
  const stop = child => (child.kill(), once(child, 'exit'))
  const two = async port => {
    const [one, other] = [worker(port), worker(port)]
    const told = [await ask(one, 'lock'), await ask(other, 'lock')]
    for (const [at, child] of [one, other].entries()) if (told[at]) await ask(child, 'unlock')
    await stop(one)
    await stop(other)
    return told.join(' and ')
  }
  const inTransactions = async port => {
    const clients = [await connected(port), await connected(port)]
    const told = []
    for (const client of clients) {
      await client.query('begin')
      told.push((await client.query('select pg_try_advisory_xact_lock(51) as got')).rows[0].got)
    }
    for (const client of clients) await client.query('commit').then(() => client.end())
    return told.join(' and ')
  }
  const left = async () => {
    const gone = worker(pooled)
    await ask(gone, 'lock')
    await stop(gone)
    const next = worker(direct)
    const told = await ask(next, 'lock')
    await stop(next)
    return String(told)
  }
  const seen = {
    'two workers, direct': await two(direct),
    'two workers, PgBouncer': await two(pooled),
    'in transactions, PgBouncer': await inTransactions(pooled),
    'direct, after one that ended behind PgBouncer': await left(),
  }
  console.log(seen)
  const same = Object.values(seen).join('; ') === 'true and false; true and true; true and false; false'
  console.log(same ? 'as described: one lock, two owners' : 'changed')
  process.exit(same ? 0 : 1)
}
PROGRAM
timeout 60 node run.mjs "$direct" "$pooled"
