#!/usr/bin/env bash
# "insert … on duplicate key update" counts 1 for a new row, 2 for one that it changed, 0 for one that it left: says the manual. By
# the three drivers for Node it counts 1 for a new row and 1 for one that was left: they set the flag FOUND_ROWS by default.
# Seen with mysql2 3.24.6, mysql 2.18.1 and mariadb 3.5.4 on MariaDB 10.11 (Debian 12), Node 20 and 24: the claim `insert into
# claims (name, owner) … on duplicate key update name = name` by one and by two: affectedRows 1 and 1, and the row has the first.
# `insert ignore`: 1 and 0. An update that changes nothing, `set owner = 'one'` where it is one: 1, too. With the flag off
# (`flags: '-FOUND_ROWS'`, `foundRows: false`): 1 and 0.
# Why it matters: who takes affectedRows === 1 for "the key was free, I have it" makes the payment twice, with a unique index in
# the table. In the command-line client the same statement says 0.
# What reads otherwise: MySQL's manual on the statement: 1, 2 or 0; the flag is told of in a sentence behind that.
set -eu
command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null || {
  echo 'needs MariaDB: apt-get install -y mariadb-server'
  exit 2
}
folder=$(mktemp -d)
server=''
trap '[ -z "$server" ] || { kill "$server" && wait "$server" || :; }; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent mysql2@3.24.6 mysql@2.18.1 mariadb@3.5.4
owner=$(id -un)
mariadb-install-db --no-defaults --user="$owner" --datadir="$folder/data" --auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1
mariadbd --no-defaults --user="$owner" --datadir="$folder/data" --socket="$folder/socket" --skip-networking --innodb-buffer-pool-size=16M >log 2>&1 &
server=$!
for _ in $(seq 150); do
  mariadb --no-defaults -u root -S "$folder/socket" -e 'create database shop' 2>/dev/null && break
  sleep 0.2
done
cat >run.mjs <<'PROGRAM'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const socketPath = `${process.cwd()}/socket`
const own = { socketPath, user: 'root', database: 'shop' }
const withMysql = options => {
  const connection = require('mysql').createConnection({ ...own, ...options })
  return { query: text => new Promise((done, fail) => connection.query(text, (error, result) => (error ? fail(error) : done(result)))), end: () => connection.end() }
}
const withMysql2 = async options => {
  const connection = await require('mysql2/promise').createConnection({ ...own, ...options })
  return { query: async text => (await connection.query(text))[0], end: () => connection.end() }
}
const withMariadb = options => require('mariadb').createConnection({ ...own, ...options })
const claim = owner => `insert into claims (name, owner) values ('order-51', '${owner}') on duplicate key update name = name`
async function claims(name, connect, options) {
  const connection = await connect(options)
  await connection.query('drop table if exists claims')
  await connection.query('create table claims (name varchar(40) primary key, owner varchar(10))')
  const counts = []
  for (const text of [claim('one'), claim('two'), "insert ignore into claims values ('order-51', 'two')", "update claims set owner = 'one'"]) counts.push((await connection.query(text)).affectedRows)
  const [{ owner }] = await connection.query('select owner from claims')
  await connection.end()
  console.log(`${name} ${JSON.stringify(options)}: one is told ${counts[0]}, two ${counts[1]}, insert ignore ${counts[2]}, the same update ${counts[3]}; the row is of ${owner}`)
  return `${counts.join('')} ${owner}`
}
console.log(String(execFileSync('mariadbd', ['--version'])).trim())
const seen = [
  await claims('mysql2 3.24.6', withMysql2, {}),
  await claims('mysql 2.18.1', withMysql, {}),
  await claims('mariadb 3.5.4', withMariadb, {}),
  await claims('mysql2 3.24.6', withMysql2, { flags: '-FOUND_ROWS' }),
  await claims('mysql 2.18.1', withMysql, { flags: '-FOUND_ROWS' }),
  await claims('mariadb 3.5.4', withMariadb, { foundRows: false }),
]
const same = seen.join('; ') === '1101 one; 1101 one; 1101 one; 1000 one; 1000 one; 1000 one'
console.log(same ? 'as described: both are told 1' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
