#!/usr/bin/env bash
# pg-boss takes `singletonKey` in every queue, and heeds it only in queues made with another policy than the default one, or
# beside `singletonSeconds`. In a queue of the default policy two jobs of one key are two jobs, also at once; in one whose policy
# is called "singleton" too, one after the other.
# Seen with pg-boss 12.38.0 on PGlite 0.5.17, Node 24: `send('charges', order, { singletonKey: 'order-51' })` twice: both give an
# id, and the worker charges twice. Queues of the policies short, stately and exclusive: the second send gives null, one charge.
# A job `id` of one's own, sent twice: null for the second, in every queue.
# Why it matters: the option reads as "this order once". Nothing says that the queue does not heed it, so the double click is
# two charges. Make the job's id, or the key of the call in the worker, of the order's id.
# What reads otherwise: the name of the option, on which the types have no word; and pg-boss 9.0.3, where the same two calls
# give one id and null.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent pg-boss@12.38.0 nine@npm:pg-boss@9.0.3 @electric-sql/pglite@0.5.17 node@24.21.0 2>/dev/null
cat >run.mjs <<'PROGRAM'
import { PGlite } from '@electric-sql/pglite'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import Nine from 'nine'
import { PgBoss } from 'pg-boss'

const database = await PGlite.create()
async function executeSql(text, values) {
  if (values?.length) return database.query(text, values)
  const results = await database.exec(text)
  return results.length === 1 ? results[0] : results
}
const boss = new PgBoss({ db: { executeSql }, schedule: false, supervise: false })
boss.on('error', error => console.log('pg-boss:', error.message))
await boss.start()
const seen = {}
async function twice(policy, options) {
  const queue = `${policy}-${Object.keys(options)[0]}`
  await boss.createQueue(queue, { policy })
  const sent = [await boss.send(queue, {}, options), await boss.send(queue, {}, options)].filter(Boolean).length
  let charged = 0
  await boss.work(queue, { pollingIntervalSeconds: 0.5 }, async jobs => (charged += jobs.length))
  await new Promise(done => setTimeout(done, 2500))
  await boss.offWork(queue)
  seen[queue] = `${sent} sent, ${charged} charged`
  console.log(`pg-boss 12.38.0, policy ${policy}, ${JSON.stringify(options)} twice: ${seen[queue]}`)
}
for (const policy of ['standard', 'singleton', 'short', 'stately', 'exclusive']) await twice(policy, { singletonKey: 'order-51' })
await twice('standard', { id: '0a1b2c3d-0000-4000-8000-000000000051' })
const older = await PGlite.create({ extensions: { pgcrypto } })
const nine = new Nine({
  db: {
    executeSql: async (text, values) => {
      const { rows, affectedRows } = values?.length ? await older.query(text, values) : (await older.exec(text)).at(-1)
      return { rows, rowCount: rows.length || affectedRows }
    },
  },
  noSupervisor: true,
  noScheduling: true,
})
await nine.start()
const ids = [await nine.send('charges', {}, { singletonKey: 'order-51' }), await nine.send('charges', {}, { singletonKey: 'order-51' })]
console.log('pg-boss 9.0.3, the same:', ids)
const two = '2 sent, 2 charged'
const one = '1 sent, 1 charged'
const same = ids[0] && ids[1] === null && Object.values(seen).join('; ') === [two, two, one, one, one, one].join('; ')
console.log(same ? 'as described: one key, two charges' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 ./node_modules/.bin/node run.mjs
