#!/usr/bin/env bash
# Node keeps 128 UUIDs in stock. If `crypto.randomUUID()` was called before a startup snapshot was built, the stock is in
# the snapshot, and every process that starts from it gives out the same UUIDs. So do nanoid, uuid and hyperid.
# Seen with Node 20.20.2 and 24.21.0, nanoid 5.1.16, uuid 14.0.3 (v4) and hyperid 4.0.0: an application that made one id of
# each kind while it loaded, `node --build-snapshot`, two processes: their next ids are equal, and more than a hundred of
# randomUUID after them. Those of `randomUUID({ disableEntropyCache: true })` differ, and of nanoid 6.0.2, which has no stock.
# Why it matters: an id made while a module loads is usual (an instance, a request, a trace), and a snapshot is how a
# server is started fast. Two servers then send two orders under one idempotency key: the second is answered with the
# first one's payment and is never executed. Make keys with getRandomValues, and hyperid's instance in the main function.
# What reads otherwise: Node's documentation of randomUUID, a random UUID, whose stock is told as a matter of speed only.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent nanoid@5.1.16 uuid@14.0.3 hyperid@4.0.0 esbuild@0.28.2
cat >application.js <<'PROGRAM'
import hyperid from 'hyperid'
import { nanoid } from 'nanoid'
import crypto from 'node:crypto'
import v8 from 'node:v8'
import { v4 } from 'uuid'

const next = hyperid()
const makers = {
  randomUUID: () => crypto.randomUUID(),
  nanoid: () => nanoid(),
  v4: () => v4(),
  hyperid: () => next(),
  'randomUUID without its cache': () => crypto.randomUUID({ disableEntropyCache: true }),
}
const made = () => Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, make()]))
made() // what an application does while it loads
v8.startupSnapshot.setDeserializeMainFunction(() => {
  const ids = made()
  console.log(JSON.stringify({ ids, stock: Array.from({ length: 200 }, () => crypto.randomUUID()) }))
})
PROGRAM
./node_modules/.bin/esbuild application.js --bundle --platform=node --format=cjs --outfile=application.cjs --log-level=error
node --snapshot-blob application.blob --build-snapshot application.cjs 2>/dev/null
cat >run.mjs <<'PROGRAM'
import { execFileSync } from 'node:child_process'

const started = () => JSON.parse(execFileSync(process.execPath, ['--snapshot-blob', 'application.blob', 'main'], { encoding: 'utf8' }))
const [one, other] = [started(), started()]
console.log(`Node ${process.version}, the next id of two processes of one snapshot`)
for (const [name, id] of Object.entries(one.ids)) console.log(`  ${name}: ${id} and ${other.ids[name]}`)
const equal = Object.keys(one.ids).filter(name => one.ids[name] === other.ids[name])
const inStock = one.stock.filter((id, at) => id === other.stock[at]).length
console.log('equal:', equal.join(', '), 'and', inStock, 'of the next 200 of randomUUID')
const same = equal.join() === 'randomUUID,nanoid,v4,hyperid' && inStock > 100
console.log(same ? 'as described: two processes, one id' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
