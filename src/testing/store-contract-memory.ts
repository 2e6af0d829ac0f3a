import type { RecordStore } from '../store.ts'
import { create, must, OPEN, same, SETTLED, storeCase, type StoreCase } from './store-contract-case.ts'

/** More than a small bound, and few enough for a store across a network. */
const MANY = 1_200
const AT_ONCE = 100

/** What a server relies on beside what a client does. */
export const memoryCases: readonly StoreCase[] = [
  storeCase('what is settled stays until its time; a store that drops it says so, and which', async trial => {
    const { store, key, clock } = trial
    const told = new Set<string>()
    const end = store.onDrop?.(dropped => told.add(dropped)) ?? (() => {})
    must(
      store.isBounded !== true || store.onDrop !== undefined,
      'A store with isBounded must have onDrop, by which it tells what it drops',
    )
    const expiresAt = (clock?.now() ?? Date.now()) + 86_400_000
    const keys = Array.from({ length: MANY }, (_, index) => key(`settled ${index}`))
    for (let from = 0; from < MANY; from += AT_ONCE)
      await Promise.all(
        keys
          .slice(from, from + AT_ONCE)
          .map((each, index) =>
            create(store, each, 'x', index % 2 === 0 ? SETTLED : { open: false, expiresAt }),
          ),
      )
    // A drop may be told a little later.
    await new Promise(resolve => {
      setTimeout(resolve, 0)
    })
    const gone = await absentOf(store, keys)
    end()
    if (gone.length === 0) return
    must(
      store.isBounded === true,
      `A store must keep what is settled until its time, or say isBounded; ${gone.length} of ${MANY} are gone`,
    )
    same(
      gone.filter(each => !told.has(each)).length,
      0,
      'How many records a store with a bound drops without onDrop',
    )
  }),

  storeCase('since, where a store has it, is one time for all handles, and not to come', async trial => {
    const { store, other, shared, clock, reopen } = trial
    if (store.since === undefined) return
    const since = await store.since()
    must(Number.isFinite(since), `since must give epoch ms; it gave ${String(since)}`)
    const nowAt = clock?.now() ?? Date.now()
    must(since <= nowAt, `since must not give a time to come; it gave ${since} at ${nowAt}`)
    await clock?.advance(1_000)
    same(await store.since(), since, 'since, asked again')
    same(await other.since?.(), since, 'since of another handle on the same data')
    if (shared) same(await (await reopen()).since?.(), since, 'since of a shared store that was opened again')
  }),

  storeCase(
    'a write that the disk did not take rejects, and is not shown before the disk has it',
    async ({ store, other, key, breakDisk }) => {
      if (breakDisk === undefined) return
      const version = await create(store, key('a'), 'before', OPEN)
      const mend = await breakDisk()
      try {
        const write = store.set(key('a'), 'refused', { expected: version, open: true })
        must(
          await write.then(
            () => false,
            () => true,
          ),
          'A write that the disk did not take must reject; it resolved',
        )
        for (const handle of [store, other]) {
          const shown = await handle.get(key('a')).catch(() => undefined)
          must(
            shown?.value !== 'refused',
            'A value that the disk does not have must not be given; get gave what was refused',
          )
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

/** A store may take a moment until it believes its disk again. */
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
