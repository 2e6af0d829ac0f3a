import type { FoldersOptions } from '../public/store.ts'
import {
  create,
  listedKeys,
  must,
  OPEN,
  same,
  SETTLED,
  storeCase,
  type StoreCase,
} from './store-contract-case.ts'

const MANY = 300

/** Lists scopes with open records, if a store can. A worker depends on this. */
export const folderCases: readonly StoreCase[] = [
  storeCase(
    'openFolders, where a store has it, gives the folders of what is open, once each',
    async trial => {
      const { store, other, key } = trial
      if (!store.openFolders || !other.openFolders) return
      const folders = async (under: string, options: FoldersOptions) =>
        (await other.openFolders?.(key(under), options))?.map(found => found.slice(key(under).length))
      same(await folders('', { limit: 10 }), [], 'openFolders where nothing is stored')
      for (const name of [
        'bert/1',
        'anna/1',
        'anna/2',
        'annabel/1',
        'a%C3%A9/1',
        'bare',
        'carl/deep/1',
        'carl/deep/2',
      ])
        await create(store, key(name), 'x', OPEN)
      await create(store, key('dora/settled'), 'x', SETTLED)
      const goes = await create(store, key('eve/goes'), 'x', OPEN)
      await store.delete(key('eve/goes'), { expected: goes })
      const all = (await folders('', { limit: 10 })) ?? []
      same(
        all.toSorted(),
        ['a%C3%A9/', 'anna/', 'annabel/', 'bert/', 'carl/'],
        'openFolders beside settled, deleted and bare records',
      )
      same(await folders('', { limit: 2 }), all.slice(0, 2), 'openFolders of two')
      for (const [index, after] of all.entries())
        same(
          await folders('', { after: key(after), limit: 2 }),
          all.slice(index + 1, index + 3),
          `openFolders after "${after}"`,
        )
      same(await folders('carl/', { limit: 10 }), ['deep/'], 'openFolders of a folder')
      same(await folders('anna', { limit: 10 }), ['/', 'bel/'], 'openFolders of half a name')
      const long = ['l', 'm'].map(letter => `long/${'k'.repeat(900)}${letter}/`)
      const names = [...long.flatMap(folder => [`${folder}1`, `${folder}2`]), 'long/short/1']
      for (const name of names) await create(store, key(name), 'x', OPEN)
      const reached: string[] = []
      for (let after: string | undefined; ;) {
        const [folder]: readonly string[] = await other.openFolders(key('long/'), { after, limit: 1 })
        if (folder === undefined) break
        reached.push(...(await listedKeys(other.listOpen(folder))))
        must(reached.length <= names.length, 'openFolders must give each folder once')
        after = folder
      }
      same(
        reached.toSorted(),
        names.map(key).toSorted(),
        'What is open in all folders, where their names are long,',
      )
    },
  ),

  storeCase('openFolders, where a store has it, takes no longer when a folder holds much', async trial => {
    const { store, key } = trial
    if (!store.openFolders) return
    for (let count = 0; count < MANY; count += 1) await create(store, key(`many/${count}`), 'x', OPEN)
    for (const name of ['few/1', 'zoe/1']) await create(store, key(name), 'x', OPEN)
    same(
      await store.openFolders(key(''), { limit: 300 }),
      ['few/', 'many/', 'zoe/'].map(key),
      `openFolders beside a folder of ${MANY}`,
    )
  }),
]
