/** Holds the write lock of a file until it is told to let go: `lock-holder.ts <path>`. */
import { DatabaseSync } from 'node:sqlite'

const db = new DatabaseSync(process.argv[2] ?? '')
db.exec('BEGIN IMMEDIATE')
process.send?.('holding')
process.once('message', () => {
  db.exec('ROLLBACK')
  db.close()
  process.send?.('released', () => process.disconnect())
})
