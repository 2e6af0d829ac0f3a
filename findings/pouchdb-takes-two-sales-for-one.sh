#!/usr/bin/env bash
# PouchDB names a revision by what is in it. Two devices that make the same change while they are apart have made the same revision,
# and when they meet there is no conflict: two sales of one piece each are one.
# Seen with pouchdb-core 9.0.0 (memory adapter and replication of the same version) on Node 20 and 24: both have the article with a
# stock of 5; each sells one and writes 4, told `ok` and the same `rev`. After `sync` the stock is 4, `conflicts: true` names none. A
# claim { owner: 'till' } that both make: no conflict, both hold it. With the device's name in the document: a conflict, as it should.
# Why it matters: conflicts are how such databases tell that two did it. What two do alike is what must not be done twice: a claim, a
# "sent: true", a number counted up. Put into each document what differs: an id of the operation, or the device.
# What reads otherwise: PouchDB's guide to conflicts, by which two peers that have changed the same document are in conflict. That
# revisions are made of the content can be turned off (`deterministic_revs: false`).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent pouchdb-core@9.0.0 pouchdb-adapter-memory@9.0.0 pouchdb-replication@9.0.0
cat >run.cjs <<'PROGRAM'
const PouchDB = require('pouchdb-core').plugin(require('pouchdb-adapter-memory')).plugin(require('pouchdb-replication'))

async function main() {
  const tills = ['first', 'second'].map(name => new PouchDB(name, { adapter: 'memory' }))
  const meet = () => PouchDB.sync(tills[0], tills[1])
  await tills[0].put({ _id: 'article-51', stock: 5 })
  await meet()
  const sales = []
  for (const till of tills) {
    const article = await till.get('article-51')
    sales.push(await till.put({ ...article, stock: article.stock - 1 }))
  }
  const claims = []
  for (const till of tills) claims.push(await till.put({ _id: 'claim-51', owner: 'till' }))
  for (const [index, till] of tills.entries()) await till.put({ _id: 'claim-52', owner: `till ${index + 1}` })
  await meet()
  const look = async id => {
    const document = await tills[0].get(id, { conflicts: true })
    return `${document.stock ?? document.owner}, conflicts: ${document._conflicts?.length ?? 0}`
  }
  const seen = {
    sales: sales.map(sale => sale.ok).join(),
    'one revision': sales[0].rev === sales[1].rev && claims[0].rev === claims[1].rev,
    article: await look('article-51'),
    claim: await look('claim-51'),
    'claim with its till': (await look('claim-52')).replace(/\d,/, 'n,'),
  }
  console.log('PouchDB 9.0.0', seen)
  const same = seen.sales === 'true,true' && seen['one revision'] && seen.article === '4, conflicts: 0'
    && seen.claim === 'till, conflicts: 0' && seen['claim with its till'] === 'till n, conflicts: 1'
  console.log(same ? 'as described: two sales, one piece' : 'changed')
  process.exit(same ? 0 : 1)
}
main()
PROGRAM
timeout 60 node run.cjs
