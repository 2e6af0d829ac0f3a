import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { errorOfSqlite } from '../../src/stores/sqlite/errors.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { childFile, startChild } from './child.ts'
import { tempFolder } from './temp-folder.ts'

const run = promisify(execFile)

describe('a file that is not for this store is refused, and left as it is', () => {
  test('one that is no database', async () => {
    const path = join(tempFolder(), 'notes.txt')
    writeFileSync(path, 'Dear diary, '.repeat(1_000))
    await expectRefused(path, 'corrupt', 'is not a database: it was left as it is.')
  })

  test('one that is damaged', async () => {
    const path = await storeWithRecords(500)
    const bytes = readFileSync(path)
    bytes.fill(0xff, 4_096)
    writeFileSync(path, bytes)
    await expectRefused(path, 'corrupt', 'is damaged: ')
  })

  test('one of a newer version', async () => {
    const path = await storeWithRecords(1)
    change(path, 'PRAGMA user_version = 2')
    await expectRefused(path, 'corrupt', 'was written by a newer version of stillonce')
  })

  test.each([
    ['with tables', 'CREATE TABLE users (id)'],
    ['with an application id', 'PRAGMA application_id = 252006673'],
    ['with a version of its own', 'PRAGMA user_version = 1'],
  ])('one of another application, %s', async (_name, sql) => {
    const path = join(tempFolder(), 'theirs.db')
    change(path, sql)
    await expectRefused(path, 'corrupt', 'is the database of another application: it was left as it is.')
  })

  test('a folder', async () => {
    const folder = tempFolder()
    const store = sqliteStore(folder)
    await expectFailure(store.get('so1/a/b/c'), 'failed', 'cannot be opened: the path is a folder.')
  })
})

describe('a file whose own tables somebody has changed', () => {
  const ofSequence = ['DELETE FROM sequence', 'UPDATE sequence SET last = 0', 'UPDATE sequence SET last = -1']

  test.each(ofSequence)('%s: it is refused', async sql => {
    const path = await storeWithRecords(3)
    change(path, sql)
    await expectRefused(path, 'corrupt', 'is damaged: the sequence was removed or changed.')
  })

  test.each(ofSequence)('%s, in the middle of use: every write ends, and so does close', async sql => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await write(store, 'so1/a/b/1')
    await write(store, 'so1/a/b/2')
    change(path, sql)
    for (let round = 0; round < 3; round += 1)
      await expectFailure(write(store, 'so1/a/b/new'), 'corrupt', 'the sequence was removed or changed.')
    await expectFailure(store.get('so1/a/b/1'), 'corrupt', 'the sequence was removed or changed.')
    await store.close?.()
  })

  test.each(["'garbage'", "''", "'99999999999'", "'1e300'"])(
    'a version that became %s holds nothing up, and is a version like others',
    async changed => {
      const path = await storeWithRecords(3)
      change(path, `UPDATE records SET version = ${changed} WHERE key = 'so1/a/b/1'`)
      const store = sqliteStore(path)
      const version = (await store.get('so1/a/b/1'))?.version
      expect(`'${version}'`).toBe(changed)
      expect(await list(store)).toBe(3)
      expect(await write(store, 'so1/a/b/new')).toBe('4')
      expect(await store.set('so1/a/b/1', 'y', { expected: version ?? '', open: true })).toBe('5')
      await store.close?.()
    },
  )

  test('a memory that was emptied is written down again when the file is opened', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await write(store, 'so1/a/b/1')
    change(path, 'DELETE FROM memory')
    await expectFailure(
      store.since?.() ?? Promise.resolve(),
      'corrupt',
      'since when it remembers was removed',
    )
    await store.close?.()
    const again = sqliteStore(path)
    expect(await again.since?.()).toBeGreaterThan(0)
    await again.close?.()
  })
})

describe('a store recovers', () => {
  test('when its folder is made', async () => {
    const path = join(tempFolder(), 'not yet', 'store.db')
    const store = sqliteStore(path)
    const missing = `the folder ${dirname(path)} does not exist`
    await expectFailure(store.get('so1/a/b/c'), 'failed', missing)
    await expectFailure(write(store, 'so1/a/b/c'), 'failed', missing)
    await expectFailure(list(store), 'failed', missing)
    expect(existsSync(dirname(path))).toBe(false)
    const many = await Promise.allSettled(
      Array.from({ length: 1_500 }, (_, index) => write(store, `so1/a/b/${index}`)),
    )
    expect(many.filter(({ status }) => status === 'rejected').length).toBe(1_500)

    mkdirSync(dirname(path))
    expect(await write(store, 'so1/a/b/c')).toBe('1')
    await store.close?.()
  })

  test('when a damaged file is replaced', async () => {
    const path = join(tempFolder(), 'store.db')
    writeFileSync(path, 'damaged '.repeat(1_000))
    const store = sqliteStore(path)
    await expectFailure(write(store, 'so1/a/b/c'), 'corrupt', 'is not a database')
    rmSync(path)
    expect(await write(store, 'so1/a/b/c')).toBe('1')
    await store.close?.()
  })

  test('when a damaged file is repaired', async () => {
    const path = await storeWithRecords(500)
    const bytes = readFileSync(path)
    writeFileSync(path, Buffer.from(bytes).fill(0xff, 4_096))
    const store = sqliteStore(path)
    await expectFailure(store.get('so1/a/b/1'), 'corrupt', 'is damaged: ')
    writeFileSync(path, bytes)
    expect((await store.get('so1/a/b/1'))?.value).toBe('x')
    await store.close?.()
  })

  test('when its file is taken away while it is in use: nothing is written where nobody reads', async () => {
    const path = join(tempFolder(), 'store.db')
    const store = sqliteStore(path)
    await write(store, 'so1/a/b/1')
    renameSync(path, `${path}.old`)
    await expectFailure(write(store, 'so1/a/b/2'), 'failed', 'was moved or removed while it was in use.')
    expect(await write(store, 'so1/a/b/2')).toBe('1')
    await store.close?.()
  })
})

describe('a place where nothing may be written', () => {
  test('a folder', async () => {
    const folder = tempFolder()
    chmodSync(folder, 0o555)
    const child = startChild('unprivileged', join(folder, 'store.db'))
    expect(await child.next()).toMatchObject({
      name: 'StoreError',
      kind: 'failed',
      message: expect.stringContaining('this process may not read or create the file'),
    })
  })

  test('a file, until it may be written', async () => {
    const path = await storeWithRecords(1)
    chmodSync(dirname(path), 0o777)
    chmodSync(path, 0o444)
    const bytes = readFileSync(path)
    const child = startChild('unprivileged', path)
    expect(await child.next()).toMatchObject({ name: 'StoreError', kind: 'failed' })
    expect(readFileSync(path).equals(bytes)).toBe(true)

    chmodSync(path, 0o666)
    child.send('again')
    expect(await child.next()).toBe('written')
  })

  test('a folder that may not be entered', async () => {
    const folder = tempFolder()
    const path = join(folder, 'closed', 'store.db')
    mkdirSync(dirname(path))
    chmodSync(folder, 0o755)
    chmodSync(dirname(path), 0o000)
    onTestFinished(() => chmodSync(dirname(path), 0o755))
    const child = startChild('unprivileged', path)
    expect(await child.next()).toMatchObject({ name: 'StoreError', kind: 'failed' })
  })
})

describe('a full disk', () => {
  test('refuses what does not fit, keeps what it acknowledged, and goes on when there is room', async () => {
    const { isDisk, ...told } = await fillDisk()
    const onDisk = {
      message: expect.stringContaining('cannot grow: the disk is full'),
      afterwards: 'written',
    }
    const underLimit = { message: expect.stringContaining('the disk or a limit of this process refused it') }
    expect(told).toMatchObject({ kind: 'failed', ...(isDisk ? onDisk : underLimit) })
    expectKept(told)
  })

  test('is like a limit on the size of files', async () => {
    const told = await fillUnderLimit(tempFolder())
    expect(told).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining(
        'could not be read or written: the disk or a limit of this process refused it',
      ),
    })
    expectKept(told)
  })

  test('is told as what it is', () => {
    const db = new DatabaseSync(join(tempFolder(), 'other.db'))
    onTestFinished(() => db.close())
    db.exec('PRAGMA max_page_count = 2; CREATE TABLE t (x)')
    const error = errorOf(() => db.exec('INSERT INTO t VALUES (hex(zeroblob(10000)))'))
    expect(errorOfSqlite(error, 'store.db')).toMatchObject({
      kind: 'failed',
      message:
        'The SQLite store store.db cannot grow: the disk is full, or a quota is used up. Nothing was written.',
      cause: error,
    })
  })
})

/** Every operation rejects in the same way, and the file's bytes stay. */
async function expectRefused(path: string, kind: string, message: string): Promise<void> {
  const bytes = readFileSync(path)
  const store = sqliteStore(path)
  await expectFailure(store.get('so1/a/b/1'), kind, message)
  await expectFailure(write(store, 'so1/a/b/new'), kind, message)
  await expectFailure(store.delete('so1/a/b/1', { expected: '1' }), kind, message)
  await expectFailure(list(store), kind, message)
  await store.close?.()
  expect(readFileSync(path).equals(bytes)).toBe(true)
  expect(existsSync(`${path}-wal`)).toBe(false)
}

async function expectFailure(operation: Promise<unknown>, kind: string, message: string): Promise<void> {
  await expect(operation).rejects.toMatchObject({
    name: 'StoreError',
    kind,
    message: expect.stringContaining(message),
  })
}

async function storeWithRecords(count: number): Promise<string> {
  const path = join(tempFolder(), 'store.db')
  const store = sqliteStore(path)
  await Promise.all(Array.from({ length: count }, (_, index) => write(store, `so1/a/b/${index}`)))
  await store.close?.()
  return path
}

function write(store: RecordStore, key: string): Promise<string | undefined> {
  return store.set(key, 'x', { expected: null, open: true })
}

async function list(store: RecordStore): Promise<number> {
  let count = 0
  for await (const _record of store.listOpen('so1/a/')) count += 1
  return count
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('It did not throw.')
}

type Told = {
  readonly acknowledged: readonly string[]
  readonly refused: readonly string[]
  readonly kind?: string
  readonly message?: string
  readonly afterwards: string
  readonly listed: readonly string[]
}

function expectKept({ acknowledged, refused, afterwards, listed }: Told): void {
  expect(acknowledged.length).toBeGreaterThan(0)
  expect(refused.length).toBe(4)
  expect(listed).toEqual([...acknowledged, ...(afterwards === 'written' ? ['so1/full/order/after'] : [])])
}

/**
 * Lets a child write until nothing more fits: on a disk of 1 MiB of its own, which root and, on many systems,
 * anybody in a user namespace can mount; where neither works, under a limit on the size of files.
 */
async function fillDisk(): Promise<Told & { readonly isDisk: boolean }> {
  const folder = tempFolder()
  const mountAndFill = `mount -t tmpfs -o size=1m tmpfs "${folder}" && ${fillCommand(folder, 300_000)}`
  for (const namespaces of [['--user', '--map-root-user', '--mount'], ['--mount']]) {
    const result = await run('unshare', [...namespaces, 'sh', '-c', mountAndFill]).catch(() => undefined)
    if (result) return { ...(JSON.parse(result.stdout) as Told), isDisk: true }
  }
  return { ...(await fillUnderLimit(folder)), isDisk: false }
}

async function fillUnderLimit(folder: string): Promise<Told> {
  const { stdout } = await run('sh', ['-c', `ulimit -f 1000 && ${fillCommand(folder, 0)}`])
  return JSON.parse(stdout) as Told
}

function fillCommand(folder: string, ballastBytes: number): string {
  return `"${process.execPath}" "${childFile('full-disk')}" "${folder}" ${ballastBytes}`
}
