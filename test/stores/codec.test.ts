import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { Codec } from '../../src/stores/codec.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { tempFolder } from './temp-folder.ts'

/** Binds a value to its key, as additional data of a real cipher would. */
const sealing: Codec = {
  encrypt: (text, key) => Promise.resolve(Buffer.from(JSON.stringify({ key, text })).toString('base64')),
  decrypt: async (sealed, key) => {
    const opened = JSON.parse(Buffer.from(sealed, 'base64').toString())
    if (opened.key !== key) throw new Error('sealed for another key')
    return opened.text
  },
}

test('what lies in the file is what encrypt gave', async () => {
  const path = join(tempFolder(), 'store.db')
  const store = sqliteStore(path, { codec: { encrypt: () => 'sealed', decrypt: () => 'secret' } })
  await store.set('so1/a/b/c', 'secret', { expected: null, open: true })
  expect((await store.get('so1/a/b/c'))?.value).toBe('secret')
  await store.close?.()

  const db = new DatabaseSync(path)
  expect({ ...db.prepare('SELECT key, value FROM records').get() }).toEqual({
    key: 'so1/a/b/c',
    value: 'sealed',
  })
  db.close()
})

describe('a record that cannot be decrypted', () => {
  test('is corrupt, comes with the version that delete needs, and does not hide the others in a listing', async () => {
    const path = join(tempFolder(), 'store.db')
    const plain = sqliteStore(path)
    const version = await plain.set('so1/a/b/foreign', 'not sealed', { expected: null, open: true })
    const sealed = sqliteStore(path, { codec: sealing })
    await sealed.set('so1/a/b/right', 'right', { expected: null, open: true })

    await expect(sealed.get('so1/a/b/foreign')).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'corrupt',
      version,
    })
    const listed: unknown[] = []
    for await (const { key, value } of sealed.listOpen('so1/a/')) listed.push([key, value])
    expect(listed).toEqual([
      ['so1/a/b/foreign', ''],
      ['so1/a/b/right', 'right'],
    ])
    expect((await plain.get('so1/a/b/foreign'))?.value).toBe('not sealed')
    expect(await sealed.delete('so1/a/b/foreign', { expected: version! })).toBe(true)
    await plain.close?.()
    await sealed.close?.()
  })

  test('is one that was moved to another key, where the codec binds it to its own', async () => {
    const path = join(tempFolder(), 'store.db')
    const sealed = sqliteStore(path, { codec: sealing })
    await sealed.set('so1/a/b/rich', 'rich', { expected: null, open: true })
    const plain = sqliteStore(path)
    const moved = await plain.get('so1/a/b/rich')
    await plain.set('so1/a/b/poor', moved!.value, { expected: null, open: true })

    await expect(sealed.get('so1/a/b/poor')).rejects.toMatchObject({ kind: 'corrupt' })
    await plain.close?.()
    await sealed.close?.()
  })

  test('is one for which decrypt gives no text', async () => {
    const store = memoryStore({ codec: { encrypt: text => text, decrypt: () => undefined as never } })
    await store.set('a', 'x', { expected: null, open: true })
    await expect(store.get('a')).rejects.toMatchObject({ kind: 'corrupt' })
  })
})

test('a value that cannot be encrypted is not written', async () => {
  const failing: Codec = { encrypt: () => Promise.reject(new Error('no key')), decrypt: text => text }
  const store = memoryStore({ codec: failing })
  const write = store.set('a', 'secret', { expected: null, open: true })
  await expect(write).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'failed',
    message: 'The codec could not encrypt a record: nothing was written.',
  })
  expect(await store.get('a')).toBeUndefined()
})
