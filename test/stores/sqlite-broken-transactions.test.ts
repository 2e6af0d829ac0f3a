import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { tempFolder } from './temp-folder.ts'

test('a transaction that cannot begin on an open file fails its writes, and the next one begins', async () => {
  const path = join(tempFolder(), 'store.db')
  const store = sqliteStore(path)
  await write(store, 'so1/a/b/1')
  beside(path, "INSERT INTO records VALUES (0, 'so1/x', 'x', '0', 0, NULL); PRAGMA wal_checkpoint(TRUNCATE)")
  const whole = readFileSync(path)
  overwrite(path, Buffer.alloc(100, 'no database '))

  const failed = await Promise.allSettled([write(store, 'so1/a/b/2'), write(store, 'so1/a/b/3')])
  for (const outcome of failed) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreError', kind: 'corrupt' } })
  }
  overwrite(path, whole)
  expect(await write(store, 'so1/a/b/2')).toBe('2')
  expect((await store.get('so1/a/b/1'))?.value).toBe('x')
  expect(await store.get('so1/a/b/3')).toBeUndefined()
  await store.close?.()
})

test('a transaction that SQLite undoes halfway fails all of its writes, and none of them is there', async () => {
  const path = join(tempFolder(), 'store.db')
  const store = sqliteStore(path)
  await write(store, 'so1/a/b/before')
  // As a full disk may, SQLite undoes here all that the transaction did before.
  beside(
    path,
    `CREATE TRIGGER undo BEFORE INSERT ON records WHEN NEW.key = 'so1/a/b/undone'
      BEGIN SELECT RAISE(ROLLBACK, 'it is undone'); END`,
  )

  const keys = ['so1/a/b/first', 'so1/a/b/undone', 'so1/a/b/last']
  const failed = await Promise.allSettled(keys.map(key => write(store, key)))
  for (const outcome of failed) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { name: 'StoreError', kind: 'failed', message: expect.stringContaining('it is undone') },
    })
  }
  for (const key of keys) expect(await store.get(key)).toBeUndefined()
  expect((await store.get('so1/a/b/before'))?.value).toBe('x')

  beside(path, 'DROP TRIGGER undo')
  expect(await Promise.all(keys.map(key => write(store, key)))).toEqual(['2', '3', '4'])
  await store.close?.()
})

function write(store: RecordStore, key: string): Promise<string | undefined> {
  return store.set(key, 'x', { expected: null, open: true })
}

/** By another connection. */
function beside(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

/** In its place, so that it stays the same file. */
function overwrite(path: string, bytes: Buffer): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, 0)
  closeSync(file)
}
