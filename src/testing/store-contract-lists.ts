import type { RecordStore } from '../public/store.ts'
import {
  create,
  listed,
  listedKeys,
  must,
  OPEN,
  same,
  SETTLED,
  storeCase,
  update,
  type StoreCase,
} from './store-contract-case.ts'

/** More records than one page of a store holds, in an order that sorting the keys would not give. */
const MANY = 300

/** Settled records must not be read. There are enough of them to multiply the time if they were. */
const SETTLED_COUNT = 3_000
const WRITES_AT_ONCE = 250
/** The fastest of this many listings counts, because other load does not slow that one down. */
const TIMED_LISTINGS = 30
/**
 * A listing that looks slow is timed again for up to this long, because a busy machine can slow down many listings in
 * a row.
 */
const TIMED_AGAIN_MS = 2_000
const SHOWN_MS = 1
const MOST_TIMES_SLOWER = 6

/** What a resume depends on: every open record once, and no other record. */
export const listCases: readonly StoreCase[] = [
  storeCase('a listing of nothing ends at once', async ({ store, prefix }) => {
    same(await listedKeys(store.listOpen(prefix)), [], 'listOpen where nothing is stored')
  }),

  storeCase(
    'open records are listed with key, value and current version',
    async ({ store, other, key, prefix }) => {
      const first = await create(store, key('a'), 'first', OPEN)
      const version = await update(store, key('a'), 'second', { expected: first, ...OPEN })
      const [found, ...more] = await listed(other.listOpen(prefix))
      same(
        [found?.key, found?.value, found?.version],
        [key('a'), 'second', version],
        'listOpen of one record',
      )
      same(more.length, 0, 'The count of further records')
    },
  ),

  storeCase('a handle lists what another wrote since it listed', async ({ store, other, key, prefix }) => {
    const a = await create(store, key('a'), 'x', OPEN)
    same(await listedKeys(other.listOpen(prefix)), [key('a')], 'listOpen by another handle')
    await create(store, key('b'), 'x', OPEN)
    await update(store, key('a'), 'x', { expected: a, ...SETTLED })
    same(await listedKeys(other.listOpen(prefix)), [key('b')], 'listOpen by another handle, once more,')
  }),

  storeCase('settled and deleted records are not listed as open', async ({ store, key, prefix }) => {
    await create(store, key('open'), 'x', OPEN)
    await create(store, key('never open'), 'x', SETTLED)
    const settles = await create(store, key('settles'), 'x', OPEN)
    await update(store, key('settles'), 'x', { expected: settles, ...SETTLED })
    const goes = await create(store, key('goes'), 'x', OPEN)
    await store.delete(key('goes'), { expected: goes })
    same(
      await listedKeys(store.listOpen(prefix)),
      [key('open')],
      'listOpen beside settled and deleted records',
    )
  }),

  storeCase('a listing may be of one scope or of all: of any beginning of keys', async trial => {
    const { store, key } = trial
    for (const name of ['anna/1', 'bert/1', 'anna/2', 'anna', 'annabel/1'])
      await create(store, key(name), 'x', OPEN)
    const names = async (beginning: string) =>
      (await listedKeys(store.listOpen(key(beginning)))).map(found => found.slice(key('').length))
    same(await names('anna/'), ['anna/1', 'anna/2'], 'listOpen of one scope')
    same(await names(''), ['anna/1', 'bert/1', 'anna/2', 'anna', 'annabel/1'], 'listOpen of all scopes')
  }),

  storeCase('open records are listed oldest first, in the order in which they became open', async trial => {
    const { store, key, prefix } = trial
    const b = await create(store, key('b'), '1', OPEN)
    await create(store, key('c'), '2', OPEN)
    await create(store, key('a'), '3', OPEN)
    await update(store, key('b'), 'still the oldest', { expected: b, ...OPEN })
    same(
      await listedKeys(store.listOpen(prefix)),
      [key('b'), key('c'), key('a')],
      'listOpen of three records',
    )
  }),

  storeCase('a record that was settled and is open again is the newest', async ({ store, key, prefix }) => {
    const first = await create(store, key('a'), '1', OPEN)
    await create(store, key('b'), '2', OPEN)
    const settled = await update(store, key('a'), '3', { expected: first, ...SETTLED })
    await update(store, key('a'), '4', { expected: settled, ...OPEN })
    same(
      await listedKeys(store.listOpen(prefix)),
      [key('b'), key('a')],
      'listOpen after a record opened again',
    )
  }),

  storeCase(
    'only keys that begin with the prefix are listed, and wildcards are letters',
    async ({ store, key }) => {
      const names = [
        'a/1',
        'ab/1',
        'A/1',
        'a%/1',
        'a_/1',
        'aé/1',
        'a\u{10FFFF}/1',
        'a*/1',
        'a[b]/1',
        "a'/1",
        'a\\/1',
        'b/1',
      ]
      for (const name of names) await create(store, key(name), name, OPEN)
      const expectations: readonly (readonly [prefix: string, names: readonly string[]])[] = [
        ['a/', ['a/1']],
        ['ab/', ['ab/1']],
        ['A/', ['A/1']],
        ['a%/', ['a%/1']],
        ['a_/', ['a_/1']],
        ['%', []],
        ['a*', ['a*/1']],
        ['a[', ['a[b]/1']],
        ["a'", ["a'/1"]],
        ['a\\', ['a\\/1']],
        ['aé', ['aé/1']],
        ['a', names.filter(name => name.startsWith('a'))],
        ['a/1', ['a/1']],
        ['a/12', []],
        ['', names],
      ]
      for (const [start, found] of expectations) {
        same(
          await listedKeys(store.listOpen(key(start))),
          found.map(key),
          `listOpen of the prefix "…${start}"`,
        )
      }
    },
  ),

  storeCase(
    'a prefix that ends within a scope’s name reaches all scopes that begin so',
    async ({ store, prefix }) => {
      const start = prefix.slice(0, -1)
      await create(store, `${start}-2/b`, 'x', OPEN)
      await create(store, `${start}-1/a`, 'x', OPEN)
      await create(store, `${start}-2/a`, 'x', OPEN)
      const found = await listedKeys(store.listOpen(`${start}-`))
      same(found, [`${start}-2/b`, `${start}-1/a`, `${start}-2/a`], 'listOpen of a prefix over two scopes')
    },
  ),

  storeCase('many open records are listed once each, oldest first', async ({ store, key, prefix }) => {
    const keys = Array.from({ length: MANY }, (_, index) => key(`${(index * 7) % MANY}`))
    for (const each of keys) await create(store, each, 'x', OPEN)
    same(await listedKeys(store.listOpen(prefix)), keys, `listOpen of ${MANY} records`)
  }),

  storeCase('a listing of what is open takes no longer when much is settled', async trial => {
    const { store, key, prefix } = trial
    for (const name of ['a', 'b', 'c']) await create(store, key(name), 'x', OPEN)
    const beforeMs = await fastestListingMs(store, prefix, 0)
    for (let start = 0; start < SETTLED_COUNT; start += WRITES_AT_ONCE) {
      const names = Array.from({ length: WRITES_AT_ONCE }, (_, index) => key(`settled/${start + index}`))
      await Promise.all(names.map(name => create(store, name, 'x', SETTLED)))
    }
    const times = (await fastestListingMs(store, prefix, beforeMs * MOST_TIMES_SLOWER)) / beforeMs
    must(
      times <= MOST_TIMES_SLOWER,
      `listOpen of 3 records must cost the same when ${SETTLED_COUNT} settled ones are beside them; it took ` +
        `${times.toFixed(0)} times as long`,
    )
  }),

  storeCase(
    'a listing goes on while records settle, go, come and change',
    async ({ store, other, key, prefix }) => {
      const versions = new Map<string, string>()
      await createMany(store, key, OPEN, (name, version) => versions.set(name, version))
      const current = (index: number) => ({ expected: versions.get(key(`${index}`)) ?? '' })
      const found: string[] = []
      for await (const record of store.listOpen(prefix)) {
        found.push(record.key)
        if (found.length !== 10) continue
        await other.set(key('280'), 'x', { ...current(280), ...SETTLED })
        await other.delete(key('281'), current(281))
        await other.set(key('282'), 'changed', { ...current(282), ...OPEN })
        await create(other, key('new'), 'x', OPEN)
      }
      const mayBeThere = new Set([key('280'), key('281'), key('new')])
      const stayed = [...versions.keys()].filter(each => !mayBeThere.has(each))
      same(
        found.filter(each => !mayBeThere.has(each)).toSorted(),
        stayed.toSorted(),
        'The records that stayed open during a listing',
      )
      same(new Set(found).size, found.length, 'The count of different records in a listing')
    },
  ),

  storeCase('a listing can be left, and begun again', async ({ store, key, prefix }) => {
    for (const name of ['a', 'b', 'c']) await create(store, key(name), 'x', OPEN)
    const left = store.listOpen(prefix)[Symbol.asyncIterator]()
    const first = await left.next()
    same(first.done === true ? undefined : first.value.key, key('a'), 'The first record of a listing')
    await left.return?.()
    const listing = store.listOpen(prefix)
    same(await listedKeys(listing), [key('a'), key('b'), key('c')], 'A listing after one that was left')
    await create(store, key('d'), 'x', OPEN)
  }),

  storeCase('listSettled, where a store has it, gives settled records under the prefix', async trial => {
    const { store, key } = trial
    if (!store.listSettled) return
    await create(store, key('a/open'), 'x', OPEN)
    const settles = await create(store, key('a/settles'), 'x', OPEN)
    const version = await update(store, key('a/settles'), 'settled', { expected: settles, ...SETTLED })
    await create(store, key('ab/other'), 'x', SETTLED)
    await create(store, key('a%/other'), 'x', SETTLED)
    const opens = await create(store, key('a/opens again'), 'x', SETTLED)
    await update(store, key('a/opens again'), 'x', { expected: opens, ...OPEN })
    const found = await listed(store.listSettled(key('a/')))
    same(
      found.map(record => [record.key, record.value, record.version]),
      [[key('a/settles'), 'settled', version]],
      'listSettled',
    )
  }),

  storeCase(
    'listSettled, where a store has it, reaches each once, also while they are deleted',
    async ({ store, key, prefix }) => {
      if (!store.listSettled) return
      await createMany(store, key, SETTLED, () => {})
      const keys = await listedKeys(store.listSettled(prefix))
      same(
        [keys.length, new Set(keys).size],
        [MANY, MANY],
        `listSettled of ${MANY} records, all and different,`,
      )
      const deletes: Promise<boolean>[] = []
      for await (const record of store.listSettled(prefix)) {
        deletes.push(store.delete(record.key, { expected: record.version }))
        if (deletes.length % 10 === 0) await deletes.at(-1)
      }
      const deleted = (await Promise.all(deletes)).filter(Boolean).length
      same(deleted, MANY, 'The count of records that a listing reached while they were deleted')
      same(await listedKeys(store.listSettled(prefix)), [], 'listSettled after all were deleted')
    },
  ),
]

/**
 * The time of the fastest of many listings. A listing within `enoughMs` ends the search; with 0 all listings are
 * timed.
 */
async function fastestListingMs(store: RecordStore, prefix: string, enoughMs: number): Promise<number> {
  let fastestMs = Infinity
  const begunMs = performance.now()
  for (let count = 0; fastestMs > enoughMs; count += 1) {
    if (count >= TIMED_LISTINGS && (enoughMs === 0 || performance.now() - begunMs > TIMED_AGAIN_MS)) break
    fastestMs = Math.min(fastestMs, await listingMs(store, prefix))
  }
  return fastestMs
}

/** Repeats the listing until the clock can measure it, because browsers measure only tenths of a millisecond. */
async function listingMs(store: RecordStore, prefix: string): Promise<number> {
  const begunMs = performance.now()
  for (let listings = 1; ; listings += 1) {
    same((await listed(store.listOpen(prefix))).length, 3, 'The count of records that listOpen')
    const tookMs = performance.now() - begunMs
    if (tookMs >= SHOWN_MS) return tookMs / listings
  }
}

async function createMany(
  store: RecordStore,
  key: (name: string) => string,
  options: { readonly open: boolean },
  created: (key: string, version: string) => unknown,
): Promise<void> {
  const names = Array.from({ length: MANY }, (_, index) => key(`${index}`))
  await Promise.all(names.map(async name => created(name, await create(store, name, 'x', options))))
}
