import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { childFile } from './child.ts'
import { tempFolder } from './temp-folder.ts'

const run = promisify(execFile)

const PERMISSIONS = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*']

type Written = {
  readonly logBytes: number
  readonly databaseBytes: number
  readonly inThisThread: boolean
  readonly synchronous: string
}

test.each([
  ['in a thread of its own', [], [], { inThisThread: false, synchronous: 'NORMAL' }],
  ['in this one, where there can be no other', [], ['alone'], { inThisThread: true, synchronous: 'NORMAL' }],
  // No threads, and no syncs but those of SQLite.
  ['under the permission model of Node', PERMISSIONS, [], { inThisThread: true, synchronous: 'FULL' }],
])('the log goes to the database while it is written, %s', async (_name, flags, threads, told) => {
  const path = join(tempFolder(), 'store.db')
  const { stdout } = await run(process.execPath, [...flags, childFile('log-writer'), path, ...threads])
  const written = JSON.parse(stdout) as Written
  expect(written).toMatchObject(told)
  // 32 MB in the end; without checkpoints it has 4 kB before the store is closed, and the log 46 MB.
  expect(written.databaseBytes).toBeGreaterThan(8_000_000)
  expect(written.logBytes).toBeLessThan(23_000_000)
  expect(existsSync(`${path}-wal`)).toBe(false)
  const db = new DatabaseSync(path)
  expect(db.prepare('SELECT count(*) AS count FROM records').get()?.['count']).toBe(24_000)
  expect(db.prepare('PRAGMA integrity_check').get()?.['integrity_check']).toBe('ok')
  db.close()
})
