import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/stores/sqlite/file.ts'
import { sequenceOf } from '../../src/stores/sqlite/sequence.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { tempFolder } from './temp-folder.ts'

test('a file that others write to while it is opened is not damaged', async () => {
  const path = join(tempFolder(), 'store.db')
  const store = sqliteStore(path)
  await store.set('one', '{}', { expected: null, open: true })
  const [own, others] = [openDatabase(path), openDatabase(path)]
  // Another process writes whenever this one has read.
  const busy = {
    prepare: (sql: string) => ({
      get: () => {
        const row = own.prepare(sql).get()
        others.exec(
          'BEGIN; UPDATE sequence SET last = last + 1; UPDATE records SET place = (SELECT last FROM sequence); COMMIT',
        )
        return row
      },
    }),
  } as unknown as DatabaseSync

  expect(sequenceOf(busy, path)).toBe(1)

  own.close()
  others.close()
  await store.close?.()
})
