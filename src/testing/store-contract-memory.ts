import type { RecordStore } from '../public/store.ts'
import {
  create,
  listed,
  must,
  OPEN,
  same,
  SETTLED,
  storeCase,
  update,
  type StoreCase,
} from './store-contract-case.ts'

/** More records than a small bound, but few enough for a store across a network. */
const MANY = 1_200
const AT_ONCE = 100
/**
 * More records than the usual bounds of caches (10,000 and less), for stores that accept this many within this time.
 */
const VERY_MANY = 12_000
const LONGEST_MS = 3_000

/** What a server relies on, besides what a client relies on. */
export const memoryCases: readonly StoreCase[] = [
  storeCase('what is settled stays until its time; a store that drops it says so, and which', async trial => {
    const { store, key, clock } = trial
    const told = new Set<string>()
    const end = store.onDrop?.(dropped => told.add(dropped)) ?? (() => {})
    must(
      store.isBounded !== true || store.onDrop !== undefined,
      'A store with isBounded must have onDrop, which is called with what it drops',
    )
    const expiresAt = (clock?.now() ?? Date.now()) + 86_400_000
    const keys: string[] = []
    const begunMs = performance.now()
    while (keys.length < MANY || (keys.length < VERY_MANY && performance.now() - begunMs < LONGEST_MS)) {
      const page = Array.from({ length: AT_ONCE }, (_, index) => key(`settled ${keys.length + index}`))
      await Promise.all(
        page.map((each, index) =>
          create(store, each, 'x', index % 2 === 0 ? SETTLED : { open: false, expiresAt }),
        ),
      )
      keys.push(...page)
    }
    // A drop may be reported a little later.
    await new Promise(resolve => {
      setTimeout(resolve, 0)
    })
    const gone = await absentOf(store, keys)
    end()
    if (gone.length === 0) return
    must(
      store.isBounded === true,
      `A store must keep what is settled until its time, or say isBounded; ${gone.length} of ${keys.length} are gone`,
    )
    same(
      gone.filter(each => !told.has(each)).length,
      0,
      'How many records a store with a bound drops without onDrop',
    )
  }),

  storeCase('since, where a store has it, is one time for all handles, and not to come', async trial => {
    const { store, other, shared, clock, reopen, key } = trial
    if (store.since === undefined) return
    const since = await store.since()
    must(
      Number.isFinite(since) && since > 0,
      `since must give epoch ms, and no store is so old as 0; it gave ${JSON.stringify(since)}`,
    )
    const nowAt = clock?.now() ?? Date.now()
    must(since <= nowAt, `since must not give a time to come; it gave ${since} at ${nowAt}`)
    await clock?.advance(1_000)
    same(await store.since(), since, 'since, asked again')
    const version = await create(store, key('a'), 'x', OPEN)
    await clock?.advance(1_000)
    await update(store, key('a'), 'x', { expected: version, ...SETTLED })
    same(await store.since(), since, 'since after writes')
    same(await other.since?.(), since, 'since of another handle on the same data')
    if (shared) same(await (await reopen()).since?.(), since, 'since of a shared store that was opened again')
  }),

  storeCase(
    'a write that the disk did not take rejects, and is not shown before the disk has it',
    async ({ store, other, key, prefix, breakDisk }) => {
      if (breakDisk === undefined) return
      const version = await create(store, key('a'), 'before', OPEN)
      const deleted = await create(store, key('goes'), 'before', OPEN)
      const mend = await breakDisk()
      try {
        const write = store.set(key('a'), 'refused', { expected: version, open: true })
        must(await isRejected(write), 'A write that the disk did not take must reject; it resolved')
        const first = store.set(key('new'), 'refused', { expected: null, open: true })
        must(await isRejected(first), 'A first write that the disk did not take must reject; it resolved')
        const settling = store.set(key('settled'), 'refused', { expected: null, open: false })
        must(
          await isRejected(settling),
          'A settled write that the disk did not take must reject; it resolved',
        )
        must(
          await isRejected(store.delete(key('goes'), { expected: deleted })),
          'A delete that the disk did not take must reject; it resolved',
        )
        for (const handle of [store, other]) {
          for (const name of ['a', 'new', 'settled']) {
            const shown = await handle.get(key(name)).catch(() => undefined)
            must(
              shown?.value !== 'refused',
              'A value that the disk does not have must not be given; get gave what was refused',
            )
          }
          for (const list of ['listOpen', 'listSettled'] as const) {
            const shown = await listed(handle[list]?.(prefix) ?? none()).catch(() => [])
            must(
              shown.every(({ value }) => value !== 'refused'),
              `A value that the disk does not have must not be given; ${list} gave what was refused`,
            )
          }
        }
      } finally {
        await mend()
      }
      const left = await eventually(() => store.get(key('a')))
      must(
        left !== undefined,
        'After a write that was refused the record before it, or what was written, must be there',
      )
      const next = await store.set(key('a'), 'after', { expected: left.version, open: true })
      must(next !== undefined, 'A store must write again once its disk works')
      same((await other.get(key('a')))?.value, 'after', 'get of what was written once the disk works')
    },
  ),
]

async function absentOf(store: RecordStore, keys: readonly string[]): Promise<string[]> {
  const gone: string[] = []
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    const page = keys.slice(from, from + AT_ONCE)
    const found = await Promise.all(page.map(key => store.get(key)))
    gone.push(...page.filter((_, index) => found[index] === undefined))
  }
  return gone
}

async function isRejected(write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => false,
    () => true,
  )
}

async function* none(): AsyncGenerator<never> {}

/** A store may need a short time before it trusts its disk again. */
async function eventually<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read()
    } catch (error) {
      if (tries === 100) throw error
    }
    await new Promise(resolve => {
      setTimeout(resolve, 20)
    })
  }
}
