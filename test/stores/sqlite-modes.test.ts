import { chmodSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { errorOfSqlite } from '../../src/stores/sqlite/errors.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { tempFolder } from './temp-folder.ts'

const FOR_ITS_OWNER = 0o600

function modesOf(path: string): number[] {
  return ['', '-wal', '-shm'].map(suffix => statSync(`${path}${suffix}`).mode & 0o777)
}

describe('a file that the store makes, and the two beside it, are for their owner alone', () => {
  // A worker of vitest has no umask of its own to set: what is set is read again.
  test.each([0o000, 0o022, 0o077, 0o377])('whatever the umask (%o) says', async umask => {
    const path = join(tempFolder(), 'store.db')
    const before = process.umask(umask)
    onTestFinished(() => void process.umask(before))
    const store = sqliteStore(path)
    await store.set('k1', 'x', { expected: null, open: true })
    expect(modesOf(path)).toEqual([FOR_ITS_OWNER, FOR_ITS_OWNER, FOR_ITS_OWNER])
    await store.close?.()
    expect(statSync(path).mode & 0o777).toBe(FOR_ITS_OWNER)
  })

  test.each([0o644, 0o664, 0o666])('also where it was there, empty, with the mode %o', async mode => {
    const path = join(tempFolder(), 'store.db')
    writeFileSync(path, '')
    chmodSync(path, mode)
    const store = sqliteStore(path)
    await store.set('k1', 'x', { expected: null, open: true })
    expect(modesOf(path)).toEqual([FOR_ITS_OWNER, FOR_ITS_OWNER, FOR_ITS_OWNER])
    await store.close?.()
  })

  test('unless it holds something: then its mode stays as its owner has set it', async () => {
    const path = join(tempFolder(), 'store.db')
    const first = sqliteStore(path)
    await first.set('k1', 'x', { expected: null, open: true })
    await first.close?.()
    chmodSync(path, 0o640)
    const store = sqliteStore(path)
    await store.set('k2', 'x', { expected: null, open: true })
    expect(modesOf(path)).toEqual([0o640, 0o640, 0o640])
    await store.close?.()
  })

  test('also behind a link to a file that is not there yet', async () => {
    const folder = tempFolder()
    const path = join(folder, 'real.db')
    symlinkSync(path, join(folder, 'link.db'))
    const store = sqliteStore(join(folder, 'link.db'))
    await store.set('k1', 'x', { expected: null, open: true })
    expect(modesOf(path)).toEqual([FOR_ITS_OWNER, FOR_ITS_OWNER, FOR_ITS_OWNER])
    await store.close?.()
  })
})

test.each([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EIO', 'lost'],
  ['EROFS', 'blocked'],
  ['EACCES', 'blocked'],
  ['EPERM', 'blocked'],
  ['ETIMEDOUT', undefined],
])('what the system says of the log, %s, has the reason %s', (code, reason) => {
  const error = errorOfSqlite(Object.assign(new Error(`${code}: write`), { code }), 'store.db')
  expect(error).toMatchObject({ kind: 'failed', reason })
  expect(error.message).toContain(code)
})
