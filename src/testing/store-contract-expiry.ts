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

const TEN_YEARS_MS = 315_360_000_000

/** Settled records expire when their time has come; open records do not. */
export const expiryCases: readonly StoreCase[] = [
  storeCase('a settled record is absent when its time has come', async ({ store, key, shortLife }) => {
    const { expiresAt, pass } = shortLife()
    const old = new Map<string, string>()
    for (const name of ['a', 'b', 'c']) {
      old.set(name, await create(store, key(name), 'first', { ...SETTLED, expiresAt }))
    }
    const expected = (name: string) => ({ expected: old.get(name) ?? '' })
    await pass()
    for (const name of old.keys()) same(await store.get(key(name)), undefined, 'get of an expired record')
    // Concurrently, because any write of a store may delete expired records.
    const [settled, opened, deleted] = await Promise.all([
      store.set(key('a'), 'late', { ...expected('a'), ...SETTLED }),
      store.set(key('b'), 'late', { ...expected('b'), ...OPEN }),
      store.delete(key('c'), expected('c')),
    ])
    same(settled, undefined, 'A write over an expired version')
    same(opened, undefined, 'An opening write over an expired version')
    same(deleted, false, 'delete of an expired version')
    if (store.listSettled) same(await listedKeys(store.listSettled(key(''))), [], 'listSettled after expiry')
  }),

  storeCase('a settled record is there until its time comes', async ({ store, key, clock }) => {
    const expiresAt = (clock?.now() ?? Date.now()) + 3_600_000
    await create(store, key('a'), 'first', { ...SETTLED, expiresAt })
    await clock?.advance(3_599_999)
    same((await store.get(key('a')))?.value, 'first', 'get 1 ms before the record expires')
    if (!clock) return
    await clock.advance(1)
    same(await store.get(key('a')), undefined, 'get when the record expires')
  }),

  storeCase('a settled record without a time stays', async ({ store, key, clock }) => {
    const version = await create(store, key('a'), 'first', OPEN)
    await update(store, key('a'), 'second', { expected: version, ...SETTLED })
    await clock?.advance(TEN_YEARS_MS)
    same((await store.get(key('a')))?.value, 'second', 'get of a settled record that has no expiresAt')
  }),

  storeCase('a settled record that is written without a time has none any more', async trial => {
    const { store, key, clock } = trial
    const expiresAt = (clock?.now() ?? Date.now()) + 3_600_000
    const settled = await create(store, key('a'), 'first', { ...SETTLED, expiresAt })
    await update(store, key('a'), 'second', { expected: settled, ...SETTLED })
    const open = await create(store, key('b'), 'first', { ...OPEN, expiresAt })
    await update(store, key('b'), 'second', { expected: open, ...SETTLED })
    await clock?.advance(TEN_YEARS_MS)
    for (const name of ['a', 'b'])
      same(
        (await store.get(key(name)))?.value,
        'second',
        'get of what was written without an expiresAt at last',
      )
  }),

  storeCase(
    'an open record never expires, whatever was asked for',
    async ({ store, key, clock, shortLife }) => {
      const { expiresAt, pass } = shortLife()
      const version = await create(store, key('a'), 'first', { ...OPEN, expiresAt })
      await pass()
      await clock?.advance(TEN_YEARS_MS)
      same((await store.get(key('a')))?.value, 'first', 'get of an open record that was given an expiresAt')
      same(
        await listedKeys(store.listOpen(key(''))),
        [key('a')],
        'listOpen of a record that was given an expiresAt',
      )
      await update(store, key('a'), 'second', { expected: version, ...OPEN })
    },
  ),

  storeCase('a settled record that is opened again does not expire', async ({ store, key, clock }) => {
    const expiresAt = (clock?.now() ?? Date.now()) + 3_600_000
    const version = await create(store, key('a'), 'first', { ...SETTLED, expiresAt })
    await update(store, key('a'), 'second', { expected: version, ...OPEN })
    await clock?.advance(TEN_YEARS_MS)
    same((await store.get(key('a')))?.value, 'second', 'get of a record that was settled and is open again')
  }),

  storeCase('an open record that settles expires', async ({ store, key, shortLife }) => {
    const version = await create(store, key('a'), 'first', OPEN)
    const { expiresAt, pass } = shortLife()
    await update(store, key('a'), 'second', { expected: version, ...SETTLED, expiresAt })
    await pass()
    same(await store.get(key('a')), undefined, 'get of an expired record that was open before')
  }),

  storeCase('a settled record that is written again has its new time', async ({ store, key, clock }) => {
    const nowAt = clock?.now() ?? Date.now()
    const later = { ...SETTLED, expiresAt: nowAt + 7_200_000 }
    const first = await create(store, key('a'), 'first', { ...SETTLED, expiresAt: nowAt + 3_600_000 })
    const second = await update(store, key('a'), 'second', { expected: first, ...later })
    await clock?.advance(3_600_000)
    same((await store.get(key('a')))?.value, 'second', 'get of a settled record that was given more time')
    const past = { ...SETTLED, expiresAt: nowAt - 60_000 }
    await update(store, key('a'), 'third', { expected: second, ...past })
    same(await store.get(key('a')), undefined, 'get of a settled record whose new time has passed')
  }),

  storeCase('a first write wins over an expired record, under a version of its own', async trial => {
    const { store, other, key, shortLife } = trial
    const seen = new Set<string>()
    for (let round = 0; round < 5; round += 1) {
      const { expiresAt, pass } = shortLife()
      const version = await create(round % 2 === 0 ? store : other, key('a'), 'same', {
        ...SETTLED,
        expiresAt,
      })
      must(!seen.has(version), `A version must never come back; "${version}" did after the record expired`)
      seen.add(version)
      await pass()
    }
    await create(store, key('a'), 'open', OPEN)
    for (const expected of seen) {
      same(
        await store.set(key('a'), 'late', { expected, ...OPEN }),
        undefined,
        'A write over an expired version',
      )
    }
    same((await store.get(key('a')))?.value, 'open', 'get after writers from before the expiry')
  }),
]
