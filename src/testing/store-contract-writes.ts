import {
  create,
  listedKeys,
  must,
  OPEN,
  same,
  SETTLED,
  storeCase,
  update,
  type StoreCase,
} from './store-contract-case.ts'

/** A single compare-and-set: which write wins, and what a version guarantees. */
export const writeCases: readonly StoreCase[] = [
  storeCase('a key that was never written is absent', async ({ store, key }) => {
    same(await store.get(key('absent')), undefined, 'get of a key that was never written')
  }),

  storeCase('a first write is read back with the version that it gave', async ({ store, key }) => {
    const version = await create(store, key('a'), 'first', OPEN)
    const found = await store.get(key('a'))
    same(found?.value, 'first', 'The value of get after a write')
    same(found?.version, version, 'The version of get after a write')
  }),

  storeCase('a first write loses where a record is stored, and changes nothing', async ({ store, key }) => {
    const version = await create(store, key('a'), 'first', OPEN)
    const second = await store.set(key('a'), 'second', { expected: null, ...SETTLED })
    same(second, undefined, 'A first write over a stored record')
    same((await store.get(key('a')))?.value, 'first', 'get after a first write that lost')
    same((await store.get(key('a')))?.version, version, 'The version after a first write that lost')
    same(await listedKeys(store.listOpen(key(''))), [key('a')], 'listOpen after a first write that lost')
  }),

  storeCase('a first write loses where a settled record is stored, too', async ({ store, other, key }) => {
    const version = await create(store, key('a'), 'first', SETTLED)
    for (const handle of [store, other]) {
      const second = await handle.set(key('a'), 'second', { expected: null, ...OPEN })
      same(second, undefined, 'A first write over a settled record')
    }
    const found = await store.get(key('a'))
    same([found?.value, found?.version], ['first', version], 'get after first writes that lost')
    same(await listedKeys(store.listOpen(key(''))), [], 'listOpen after first writes that lost')
  }),

  storeCase('a write over the current version wins, and gives another version', async ({ store, key }) => {
    const first = await create(store, key('a'), 'same', OPEN)
    const second = await update(store, key('a'), 'same', { expected: first, ...OPEN })
    must(second !== first, 'A write must give another version, also where it writes the same value')
    same((await store.get(key('a')))?.version, second, 'The version of get after a write')
    await update(store, key('a'), 'third', { expected: second, ...SETTLED })
    same((await store.get(key('a')))?.value, 'third', 'get after a write')
  }),

  storeCase('a write over an older version loses, and changes nothing', async ({ store, key }) => {
    const first = await create(store, key('a'), 'first', OPEN)
    const second = await update(store, key('a'), 'second', { expected: first, ...OPEN })
    const expiresAt = Number.MAX_SAFE_INTEGER
    const late = await store.set(key('a'), 'late', { expected: first, ...SETTLED, expiresAt })
    same(late, undefined, 'A write over an older version')
    same((await store.get(key('a')))?.value, 'second', 'get after a write that lost')
    same((await store.get(key('a')))?.version, second, 'The version after a write that lost')
    same(await listedKeys(store.listOpen(key(''))), [key('a')], 'listOpen after a write that lost')
  }),

  storeCase('a write over a version loses where nothing is stored, and stores nothing', async trial => {
    const { store, key } = trial
    const version = await create(store, key('other'), 'other', OPEN)
    same(
      await store.set(key('a'), 'a', { expected: version, ...OPEN }),
      undefined,
      'A write over a version of nothing',
    )
    same(await store.get(key('a')), undefined, 'get after a write that lost')
  }),

  storeCase('a version is one text and no other', async ({ store, key }) => {
    const version = await create(store, key('a'), 'first', OPEN)
    for (const expected of [`${version} `, ` ${version}`, `0${version}`, `${version}.0`, '']) {
      same(
        await store.set(key('a'), 'x', { expected, ...OPEN }),
        undefined,
        `A write over the version "${expected}"`,
      )
      same(await store.delete(key('a'), { expected }), false, `delete of the version "${expected}"`)
    }
  }),

  storeCase('delete of the current version removes the record', async ({ store, key }) => {
    const version = await create(store, key('a'), 'first', OPEN)
    same(await store.delete(key('a'), { expected: version }), true, 'delete of the current version')
    same(await store.get(key('a')), undefined, 'get after delete')
  }),

  storeCase('delete of an older version removes nothing', async ({ store, key }) => {
    const first = await create(store, key('a'), 'first', OPEN)
    await update(store, key('a'), 'second', { expected: first, ...OPEN })
    same(await store.delete(key('a'), { expected: first }), false, 'delete of an older version')
    same((await store.get(key('a')))?.value, 'second', 'get after a delete that lost')
    same(await listedKeys(store.listOpen(key(''))), [key('a')], 'listOpen after a delete that lost')
  }),

  storeCase('delete of what is absent says that it removed nothing', async ({ store, key }) => {
    same(await store.delete(key('a'), { expected: '1' }), false, 'delete of a key that was never written')
    const version = await create(store, key('a'), 'first', OPEN)
    await store.delete(key('a'), { expected: version })
    same(await store.delete(key('a'), { expected: version }), false, 'A second delete')
  }),

  storeCase('a write touches no other key', async ({ store, key }) => {
    const kept = await create(store, key('kept'), 'kept', SETTLED)
    const version = await create(store, key('a'), 'a', OPEN)
    await update(store, key('a'), 'b', { expected: version, ...SETTLED })
    const within = await create(store, key('b/1'), 'b/1', OPEN)
    const other = await create(store, key('b'), 'b', OPEN)
    await store.delete(key('b'), { expected: other })
    same((await store.get(key('b/1')))?.version, within, 'The version of a record under a deleted one’s key')
    same((await store.get(key('kept')))?.version, kept, 'The version of a record that was not written')
  }),

  storeCase('a version does not come back after delete', async ({ store, key }) => {
    const seen: string[] = []
    for (let round = 0; round < 5; round += 1) {
      const first = await create(store, key('a'), 'same', OPEN)
      const second = await update(store, key('a'), 'same', { expected: first, ...SETTLED })
      await store.delete(key('a'), { expected: second })
      seen.push(first, second)
    }
    same(new Set(seen).size, 10, 'The count of different versions over 10 writes with deletes between them')
  }),

  storeCase(
    'a writer from before a delete loses against what was stored after it',
    async ({ store, other, key }) => {
      const old = await create(store, key('a'), 'old', OPEN)
      await store.delete(key('a'), { expected: old })
      await create(other, key('a'), 'new', OPEN)
      same(
        await store.set(key('a'), 'late', { expected: old, ...OPEN }),
        undefined,
        'A write over a deleted version',
      )
      same(await store.delete(key('a'), { expected: old }), false, 'delete of a deleted version')
      same((await store.get(key('a')))?.value, 'new', 'get after a late writer')
    },
  ),

  storeCase('what a handle wrote is seen by another as soon as the write resolves', async trial => {
    const { store, other, key } = trial
    for (let round = 0; round < 10; round += 1) {
      same(await other.get(key(`${round}`)), undefined, 'get by another handle before a write')
      const first = await create(store, key(`${round}`), 'first', OPEN)
      same((await other.get(key(`${round}`)))?.value, 'first', 'get by another handle after a write')
      await update(other, key(`${round}`), 'second', { expected: first, ...OPEN })
      same(
        (await store.get(key(`${round}`)))?.value,
        'second',
        'get by the first handle after a write by another',
      )
    }
  }),
]
