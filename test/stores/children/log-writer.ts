/**
 * Writes 24,000 records of 1,000 characters, and prints as JSON how large the log became, how large the database
 * was before the store was closed, and whether this thread did a checkpoint: `log-writer.ts <path> [alone]`, where
 * `alone` lets no other thread be started.
 */
import { statSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import threads from 'node:worker_threads'
import { sqliteStore } from '../../../src/entries/sqlite.ts'

const [path = '', threadsHere] = process.argv.slice(2)
if (threadsHere === 'alone') {
  threads.Worker = function none() {
    throw new Error('there can be no thread')
  } as never
  syncBuiltinESMExports()
}
// Nobody else has the file: no write has to wait for others.
const store = sqliteStore(path, { busyTimeout: 0 })
const prototype = DatabaseSync.prototype as { exec: (this: unknown, sql: string) => void }
const exec: (this: unknown, sql: string) => void = prototype.exec
let inThisThread = false
/** What the connection was told last about syncing its commits. */
let synchronous = ''
prototype.exec = function watched(sql) {
  if (sql.includes('wal_checkpoint(')) inThisThread = true
  synchronous = /synchronous = (\w+)/.exec(sql)?.[1] ?? synchronous
  exec.call(this, sql)
}

for (let round = 0; round < 400; round += 1) {
  await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      store.set(`so1/a/b/${(round * 60 + index) * 7_919}`, 'x'.repeat(1_000), {
        expected: null,
        open: false,
      }),
    ),
  )
}
const logBytes = statSync(`${path}-wal`).size
const databaseBytes = statSync(path).size
await store.close?.()
console.log(JSON.stringify({ logBytes, databaseBytes, inThisThread, synchronous }))
