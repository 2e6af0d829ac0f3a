import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { tempFolder } from './temp-folder.ts'
import { commitsIn } from './wal-file.ts'

test('reads one after the other let the event loop go on', async () => {
  const store = sqliteStore(join(tempFolder(), 'store.db'))
  await store.set('so1/a/b/c', 'x', { expected: null, open: true })
  const turns: number[] = []
  setImmediate(() => turns.push(1))
  for (let reads = 0; reads < 200; reads += 1) {
    await store.get('so1/a/b/c')
    if (turns.length > 0) break
  }
  expect(turns).toEqual([1])
  await store.close?.()
})

test('1,000 reads at once are answered in order, also when the store is closed behind them', async () => {
  const store = sqliteStore(join(tempFolder(), 'store.db'))
  await store.set('so1/a/b/c', 'x', { expected: null, open: true })
  const answered: number[] = []
  const reads = Array.from({ length: 1_000 }, async (_, index) => {
    const found = await store.get('so1/a/b/c')
    if (found?.value === 'x') answered.push(index)
  })
  await Promise.all([store.close?.(), ...reads])
  expect(answered).toEqual(Array.from({ length: 1_000 }, (_, index) => index))
})

test('long values take several transactions, so that none stops the event loop for long', async () => {
  const path = join(tempFolder(), 'store.db')
  const store = sqliteStore(path)
  await store.get('the file is there')
  const before = commitsIn(path)
  const value = 'x'.repeat(400_000)
  await Promise.all(
    [1, 2, 3, 4, 5, 6].map(index => store.set(`so1/a/b/${index}`, value, { expected: null, open: true })),
  )
  expect(commitsIn(path) - before).toBe(3)
  await store.close?.()
})
