import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { childFile } from './child.ts'
import { tempFolder } from './temp-folder.ts'

const run = promisify(execFile)

type Written = {
  readonly logBytes: number
  readonly databaseBytes: number
  readonly inThisThread: boolean
}

test.each([
  ['in a thread of its own', [], false],
  ['in this one, where there can be no other', ['alone'], true],
])('the log goes to the database while it is written, %s', async (_name, threads, inThisThread) => {
  const path = join(tempFolder(), 'store.db')
  const { stdout } = await run(process.execPath, [childFile('log-writer'), path, ...threads])
  const written = JSON.parse(stdout) as Written
  expect(written.inThisThread).toBe(inThisThread)
  // 16 MB in the end; without checkpoints it has 4 kB before the store is closed, and the log 23 MB.
  expect(written.databaseBytes).toBeGreaterThan(4_000_000)
  expect(written.logBytes).toBeLessThan(20_000_000)
  expect(existsSync(`${path}-wal`)).toBe(false)
  const db = new DatabaseSync(path)
  expect(db.prepare('SELECT count(*) AS count FROM records').get()?.['count']).toBe(12_000)
  expect(db.prepare('PRAGMA integrity_check').get()?.['integrity_check']).toBe('ok')
  db.close()
})
