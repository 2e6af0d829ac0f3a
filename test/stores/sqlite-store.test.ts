import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openDatabase } from '../../src/stores/sqlite/file.ts'
import { SQL } from '../../src/stores/sqlite/statements.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { tempFolder } from './temp-folder.ts'
import { trialClock } from './trial-clock.ts'
import { commitsIn } from './wal-file.ts'

describe('group commit', () => {
  test('the writes of one turn are one transaction, those of another turn another', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await store.get('the file is open')
    const before = commitsIn(path)

    await Promise.all(Array.from({ length: 500 }, (_, index) => write(store, `so1/a/b/${index}`)))
    expect(commitsIn(path) - before).toBe(1)

    await write(store, 'so1/a/b/next')
    await write(store, 'so1/a/b/next but one')
    expect(commitsIn(path) - before).toBe(3)
    await store.close?.()
  })

  test('writes that begin in one turn, each after waits of its own, are one transaction too', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await store.get('the file is open')
    const before = commitsIn(path)

    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        for (let wait = 0; wait < index; wait += 1) await Promise.resolve()
        await write(store, `so1/a/b/${index}`)
      }),
    )
    expect(commitsIn(path) - before).toBe(1)
    await store.close?.()
  })

  test('more than 1,000 writes of a turn take more transactions, so that none takes long', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await store.get('the file is open')
    const before = commitsIn(path)
    await Promise.all(Array.from({ length: 2_001 }, (_, index) => write(store, `so1/a/b/${index}`)))
    expect(commitsIn(path) - before).toBe(3)
    await store.close?.()
  })

  test('no promise resolves before the commit: another connection sees what was acknowledged', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await store.get('the file is open')
    const reader = new DatabaseSync(path, { readOnly: true })
    const rows = reader.prepare('SELECT count(*) AS count FROM records')
    const seen = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        write(store, `so1/a/b/${index}`).then(() => rows.get()?.['count']),
      ),
    )
    expect(seen).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 10])
    reader.close()
    await store.close?.()
  })

  test('a write that cannot be done fails alone', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    const results = await Promise.allSettled([
      write(store, 'so1/a/b/1'),
      store.set('so1/a/b/2', 'x', { expected: null, open: false, expiresAt: 'soon' as never }),
      store.set('so1/a/b/3', {} as never, { expected: null, open: true }),
      write(store, 'so1/a/b/4'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(await store.get('so1/a/b/2')).toBeUndefined()
    expect((await store.get('so1/a/b/4'))?.value).toBe('x')
    await store.close?.()
  })

  test('a get beside a set of the same turn sees what was committed before', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    const [version, found] = await Promise.all([write(store, 'so1/a/b/c'), store.get('so1/a/b/c')])
    expect([version, found]).toEqual(['1', undefined])
    await store.close?.()
  })
})

describe('the file', () => {
  test('has a log, and SQLite itself never waits for a lock', () => {
    const db = openDatabase(join(tempFolder(), 'store.db'))
    expect({ ...db.prepare('PRAGMA journal_mode').get() }).toEqual({ journal_mode: 'wal' })
    expect({ ...db.prepare('PRAGMA busy_timeout').get() }).toEqual({ timeout: 0 })
    // 1 is NORMAL: SQLite syncs around checkpoints, the store syncs the log before it acknowledges a write.
    expect({ ...db.prepare('PRAGMA synchronous').get() }).toEqual({ synchronous: 1 })
    expect({ ...db.prepare('PRAGMA checkpoint_fullfsync').get() }).toEqual({ checkpoint_fullfsync: 1 })
    db.close()
  })

  test('is made once, where another process makes it at the same time', () => {
    const path = join(tempFolder(), 'store.db')
    const exec = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec')?.value
    let rivals = 0
    const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
      this: DatabaseSync,
      sql,
    ) {
      // The other one is faster, at the last moment: after the first look, before the write lock.
      if (sql === 'BEGIN IMMEDIATE' && (rivals += 1) === 1) openDatabase(path).close()
      exec.call(this, sql)
    })
    onTestFinished(() => spy.mockRestore())
    const db = openDatabase(path)
    expect(rivals).toBe(2)
    expect({ ...db.prepare('SELECT count(*) AS count FROM sequence').get() }).toEqual({ count: 1 })
    db.close()
  })

  test('says whose it is', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await write(store, 'so1/a/b/c')
    await store.close?.()
    const header = readFileSync(path)
    // https://sqlite.org/fileformat.html: user version at 60, application id at 68.
    expect(header.readUInt32BE(60)).toBe(1)
    expect(header.toString('latin1', 68, 72)).toBe('sonc')
  })

  test('is opened at the first use, not before', () => {
    const path = join(tempFolder(), 'store.db')
    sqliteStore(path)
    expect(existsSync(path)).toBe(false)
  })

  test('may be given as a URL', async () => {
    const folder = tempFolder()
    const store = sqliteStore(pathToFileURL(join(folder, 'with blanks.db')))
    await write(store, 'so1/a/b/c')
    await store.close?.()
    expect(existsSync(join(folder, 'with blanks.db'))).toBe(true)
  })

  test('stays where it was named from, when the process changes folders', async () => {
    const folder = tempFolder()
    const before = process.cwd()
    process.chdir(folder)
    const store = sqliteStore('store.db')
    process.chdir(before)
    await write(store, 'so1/a/b/c')
    await store.close?.()
    expect(existsSync(join(folder, 'store.db'))).toBe(true)
  })

  test('holds everything after close, with nothing left beside it', async () => {
    const path = join(tempFolder(), 'store.db')
    const first = sqliteStore(path)
    const version = await write(first, 'so1/a/b/c')
    await first.close?.()
    expect(existsSync(`${path}-wal`)).toBe(false)

    const second = sqliteStore(path)
    expect({ ...(await second.get('so1/a/b/c')) }).toEqual({ value: 'x', version })
    await second.close?.()
  })

  test('close waits for the writes that were begun', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    const writes = Array.from({ length: 1_500 }, (_, index) => write(store, `so1/a/b/${index}`))
    await store.close?.()
    expect(new Set(await Promise.all(writes)).size).toBe(1_500)
    const again = sqliteStore(path)
    expect((await again.get('so1/a/b/1499'))?.value).toBe('x')
    await again.close?.()
  })
})

test('an operation that begins after close was called is refused, while earlier writes end', async () => {
  const store = sqliteStore(join(tempFolder(), 'store.db'))
  const early = write(store, 'so1/a/b/early')
  const closing = store.close?.()
  const late = await Promise.allSettled([store.get('so1/a/b/early'), write(store, 'so1/a/b/late')])
  expect(late.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await early).toBe('1')
  await closing
})

describe('a listing', () => {
  test('ends with an error when the store is closed, and does not open it again', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await Promise.all(Array.from({ length: 300 }, (_, index) => write(store, `so1/a/b/${index}`)))
    const listing = store.listOpen('so1/a/')[Symbol.asyncIterator]()
    await listing.next()
    await store.close?.()
    const rest = (async () => {
      while ((await listing.next()).done !== true) await Promise.resolve()
    })()
    await expect(rest).rejects.toMatchObject({ name: 'StoreError', kind: 'failed' })
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  test('gives many open records once each, oldest first', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    const keys = Array.from({ length: 5_000 }, (_, index) => `so1/a/b/${(index * 7) % 5_000}`)
    await Promise.all(keys.map(key => write(store, key)))
    const listed: string[] = []
    for await (const { key } of store.listOpen('so1/a/')) listed.push(key)
    expect(listed).toEqual(keys)
    await store.close?.()
  })

  test('leaves out what settled or went before its page was read', async () => {
    const store = sqliteStore(join(tempFolder(), 'store.db'))
    const versions: (string | undefined)[] = []
    for (let index = 0; index < 300; index += 1) versions.push(await write(store, `so1/a/b/${index}`))
    const listed: string[] = []
    for await (const { key } of store.listOpen('so1/a/')) {
      listed.push(key)
      if (listed.length > 1) continue
      await store.set('so1/a/b/298', 'x', { expected: versions[298]!, open: false })
      await store.delete('so1/a/b/299', { expected: versions[299]! })
    }
    expect(listed.length).toBe(298)
    expect(listed.at(-1)).toBe('so1/a/b/297')
    await store.close?.()
  })
})

describe('cost', () => {
  test.each([
    [
      'openPlaces',
      ['so1/a/', 'so1/a/', 10],
      ['SEARCH records USING COVERING INDEX open_records (key>? AND key<?)'],
    ],
    ['get', ['key', 0], ['SEARCH records USING INDEX sqlite_autoindex_records_1 (key=?)']],
    [
      'settle',
      ['x', '2', null, 'key', '1', 0],
      ['SEARCH records USING INDEX sqlite_autoindex_records_1 (key=?)'],
    ],
  ] as const)('%s finds its rows by an index', (name, parameters, plan) => {
    expect(planOf(SQL[name], parameters)).toEqual(plan)
  })

  test.each([
    ['openAt', ['[1]']],
    ['settledFrom', ['so1/a/', 'so1/a/', 0, 10]],
    ['purge', [0, 10]],
  ] as const)('%s scans no table and sorts nothing', (name, parameters) => {
    const plan = planOf(SQL[name], parameters)
    expect(plan.filter(step => /SCAN records|TEMP B-TREE FOR ORDER BY/.test(step))).toEqual([])
    expect(plan.some(step => step.startsWith('SEARCH records USING'))).toBe(true)
  })

  test('an open record costs the index of open records one entry, a settled one none', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await Promise.all(
      Array.from({ length: 900 }, (_, index) =>
        store.set(`so1/a/b/${index}`, 'x', { expected: null, open: index < 3 }),
      ),
    )
    await store.close?.()
    const db = new DatabaseSync(path)
    const cells = db.prepare("SELECT sum(ncell) AS cells FROM dbstat WHERE name = 'open_records'").get()
    expect({ ...cells }).toEqual({ cells: 3 })
    db.close()
  })

  test('expired records are dropped by later writes, two for each, the oldest first', async () => {
    const path = join(tempFolder(), 'store.db')
    const clock = trialClock()
    const store = sqliteStore(path, { now: clock.now })
    for (let index = 0; index < 10; index += 1) {
      const expiresAt = clock.now() + 1_000 - index
      await store.set(`so1/a/b/${index}`, 'x', { expected: null, open: false, expiresAt })
    }
    await clock.advance(1_000)
    const db = new DatabaseSync(path, { readOnly: true })
    const keys = db.prepare("SELECT group_concat(key, ' ' ORDER BY key) AS keys FROM records")

    await write(store, 'so1/a/c/1')
    expect(keys.get()?.['keys']).toBe(
      'so1/a/b/0 so1/a/b/1 so1/a/b/2 so1/a/b/3 so1/a/b/4 so1/a/b/5 so1/a/b/6 so1/a/b/7 so1/a/c/1',
    )
    await Promise.all([2, 3, 4, 5].map(index => write(store, `so1/a/c/${index}`)))
    expect(keys.get()?.['keys']).toBe('so1/a/c/1 so1/a/c/2 so1/a/c/3 so1/a/c/4 so1/a/c/5')
    db.close()
    await store.close?.()
  })
})

test.each([
  ['', 'sqliteStore.path: must be'],
  [5, 'sqliteStore.path: must be'],
  [undefined, 'sqliteStore.path: must be'],
  [':memory:', 'sqliteStore.path: must be'],
  ['file:store.db?mode=memory', 'sqliteStore.path: must be'],
  ['a\0b', 'sqliteStore.path: must be'],
  [new URL('https://example.com/store.db'), 'sqliteStore.path: must be'],
])('a wrong path is refused at once: %j', (path, message) => {
  expect(() => sqliteStore(path as never)).toThrow(message)
})

test.each([
  [{ busyTimeout: -1 }, 'sqliteStore.busyTimeout: must be milliseconds, from 0 to 2147483647'],
  [{ busyTimeout: Infinity }, 'sqliteStore.busyTimeout: must be milliseconds, from 0 to 2147483647'],
  [{ now: 1 }, 'sqliteStore.now: must be a function that gives epoch milliseconds'],
  [
    { codec: { encrypt: String } },
    'sqliteStore.codec: must be an object with the functions encrypt and decrypt',
  ],
  [{ timeout: 1 }, 'sqliteStore.timeout: must be left out: the options are busyTimeout, now, codec'],
])('a wrong option is refused by its path: %j', (options, message) => {
  expect(() => sqliteStore('store.db', options as never)).toThrow(message)
})

function write(store: ReturnType<typeof sqliteStore>, key: string): Promise<string | undefined> {
  return store.set(key, 'x', { expected: null, open: true })
}

function planOf(sql: string, parameters: readonly (string | number | null)[]): string[] {
  const db = openDatabase(join(tempFolder(), 'store.db'))
  const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters)
  db.close()
  return plan.map(step => String(step['detail']))
}
