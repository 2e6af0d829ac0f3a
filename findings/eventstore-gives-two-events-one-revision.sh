#!/usr/bin/env bash
# eventstore (node-eventstore), with the store that it takes by default, lets two commits through that were made from the same state
# of an aggregate. Both are told as committed, and there are two events of one revision.
# Seen with eventstore 1.15.5, no options (in memory), beside @castore/event-storage-adapter-in-memory 2.4.2 and
# @event-driven-io/emmett 0.42.0, on Node 20 and 24: two read the empty stream of order-51, each adds "charged" and commits: no error
# twice; the stream has two events "charged", both of revision 0, and `lastRevision` 0. Castore and emmett reject the second.
# Why it matters: the revision is what keeps two handlers of one command from both deciding "not charged yet". Here both do, and the
# next commit gets revision 1 as if there had been one: who reads by revision sees one of the two.
# What reads otherwise: its release notes, which repair this for DynamoDB ("Ensuring concurrency"); the name streamRevision.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent eventstore@1.15.5 @castore/core@2.4.2 @castore/event-storage-adapter-in-memory@2.4.2 @event-driven-io/emmett@0.42.0
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory'
import { getInMemoryEventStore, STREAM_DOES_NOT_EXIST } from '@event-driven-io/emmett'

const store = createRequire(import.meta.url)('eventstore')()
await promisify(store.init.bind(store))()
const read = () => promisify(store.getEventStream.bind(store))({ aggregateId: 'order-51', aggregate: 'order', context: 'shop' })
const streams = [await read(), await read()]
const told = await Promise.all(streams.map((stream, index) => {
  stream.addEvent({ kind: 'charged', by: index })
  return new Promise(done => stream.commit(error => done(error ? 'refused' : 'committed')))
}))
const after = await read()
const kept = after.events.map(event => `${event.payload.kind} by ${event.payload.by} at ${event.streamRevision}`)
console.log('eventstore 1.15.5:', told.join(', '), kept, `lastRevision ${after.lastRevision}`)

const castore = new InMemoryEventStorageAdapter()
const castoreTold = []
for (let index = 0; index < 2; index++) {
  castoreTold.push(await castore.pushEvent({ aggregateId: 'order-51', version: 1, type: 'charged' }, { eventStoreId: 'ORDERS' }).then(() => 'committed', () => 'refused'))
}
const emmett = getInMemoryEventStore()
const emmettTold = []
for (let index = 0; index < 2; index++) {
  emmettTold.push(await emmett.appendToStream('order-51', [{ type: 'charged', data: {} }], { expectedStreamVersion: STREAM_DOES_NOT_EXIST }).then(() => 'committed', () => 'refused'))
}
console.log('castore 2.4.2:', castoreTold.join(', '), '; emmett 0.42.0:', emmettTold.join(', '))
const same = told.join() === 'committed,committed' && kept.join() === 'charged by 0 at 0,charged by 1 at 0' && after.lastRevision === 0
  && castoreTold.join() === 'committed,refused' && emmettTold.join() === 'committed,refused'
console.log(same ? 'as described: two events, one revision' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
