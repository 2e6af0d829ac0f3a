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

/** How a handle is closed. */
export const closingCases: readonly StoreCase[] = [
  storeCase('close, where a store has it, can be called twice and at once', async ({ store, key }) => {
    await create(store, key('a'), 'x', OPEN)
    await Promise.all([store.close?.(), store.close?.()])
    await store.close?.()
  }),

  storeCase('after close every operation rejects', async ({ store, key, prefix }) => {
    if (!store.close) return
    const version = await create(store, key('a'), 'x', OPEN)
    await store.close()
    await rejects('get', () => store.get(key('a')))
    await rejects('set', () => store.set(key('b'), 'x', { expected: null, ...OPEN }))
    await rejects('delete', () => store.delete(key('a'), { expected: version }))
    await rejects('listOpen', () => listed(store.listOpen(prefix)))
    const list = listSettledOf(store)
    if (list) await rejects('listSettled', () => listed(list(prefix)))
  }),

  storeCase(
    'a write that was begun before close ends, and resolves with what is stored',
    async ({ store, other, shared, key }) => {
      const write = store.set(key('a'), 'x', { expected: null, ...OPEN }).catch(() => 'rejected')
      await store.close?.()
      const version = await write
      must(
        version !== undefined,
        'A first write that was begun before close must win or reject; it gave undefined',
      )
      if (!shared || version === 'rejected') return
      same(
        (await other.get(key('a')))?.version,
        version,
        'get by another handle of what was written before close',
      )
    },
  ),

  storeCase('closing one handle leaves the others open', async ({ store, other, shared, key }) => {
    if (!shared) return
    await create(store, key('a'), 'x', OPEN)
    await store.close?.()
    same((await other.get(key('a')))?.value, 'x', 'get by another handle after one was closed')
    await create(other, key('b'), 'x', OPEN)
  }),

  storeCase(
    'what is stored outlives all handles of a shared store, and so do versions',
    async ({ store, shared, reopen, key }) => {
      if (!shared || !store.close) return
      const version = await create(store, key('kept'), 'kept', OPEN)
      const seen = new Set<string>()
      let handle = store
      for (let round = 0; round < 3; round += 1) {
        const mine = await create(handle, key('a'), 'same', OPEN)
        must(
          !seen.has(mine),
          `A version must never come back; "${mine}" did after the store was opened again`,
        )
        seen.add(mine)
        await handle.delete(key('a'), { expected: mine })
        handle = await reopen()
        const kept = await handle.get(key('kept'))
        same([kept?.value, kept?.version], ['kept', version], 'get after the store was opened again')
      }
    },
  ),

  storeCase(
    'what is open, its order, what is settled and its time outlive all handles of a shared store',
    async ({ store, other, shared, reopen, key, prefix, clock }) => {
      if (!shared || !store.close) return
      const soon = (clock?.now() ?? Date.now()) + 3_600_000
      for (const name of ['c', 'a', 'b']) await create(store, key(name), name, OPEN)
      const again = await create(other, key('d'), 'd', OPEN)
      const settled = await update(other, key('d'), 'd', { expected: again, ...SETTLED })
      await create(store, key('settled'), 'kept', SETTLED)
      await create(store, key('settles'), 'kept', { ...SETTLED, expiresAt: soon })
      const past = clock ? soon : Date.now() - 60_000
      await create(store, key('expires'), 'x', { ...SETTLED, expiresAt: past })
      const handle = await reopen()
      same(
        await listedKeys(handle.listOpen(prefix)),
        ['c', 'a', 'b'].map(key),
        'listOpen after the store was opened again',
      )
      for (const name of ['settled', 'settles', 'd'])
        must(
          (await handle.get(key(name))) !== undefined,
          'A settled record must be there until its time, also after the store was opened again',
        )
      await update(handle, key('d'), 'd', { expected: settled, ...OPEN })
      await create(handle, key('e'), 'e', OPEN)
      same(
        await listedKeys((await reopen()).listOpen(prefix)),
        ['c', 'a', 'b', 'd', 'e'].map(key),
        'listOpen of what opened before and after the store was opened again',
      )
      await clock?.advance(3_600_000)
      const last = await reopen()
      const ended = clock ? ['settles', 'expires'] : ['expires']
      for (const name of ended)
        same(
          await last.get(key(name)),
          undefined,
          'get of an expired record after the store was opened again',
        )
      same(
        (await last.get(key('settled')))?.value,
        'kept',
        'get of a settled record without a time, once more,',
      )
    },
  ),
]

function listSettledOf(store: RecordStore): RecordStore['listOpen'] | undefined {
  return store.listSettled && (prefix => store.listSettled?.(prefix) ?? store.listOpen(prefix))
}

async function rejects(name: string, operation: () => Promise<unknown>): Promise<void> {
  let result: unknown
  try {
    result = await operation()
  } catch {
    return
  }
  must(false, `${name} after close must reject; it gave ${JSON.stringify(result) ?? 'undefined'}`)
}
