import type { RecordStore } from '../public/store.ts'
import { must, same, storeCase, type StoreCase } from './store-contract-case.ts'

/** Only for stores that have `lock`. A lock saves work and must never prevent any. */
export const lockCases: readonly StoreCase[] = [
  storeCase(
    'lock, where a store has it, lets one caller of a name work at a time',
    async ({ store, other, key }) => {
      if (!store.lock || !other.lock) return
      let holders = 0
      let most = 0
      const work = async () => {
        holders += 1
        most = Math.max(most, holders)
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
        await other.get(key('a'))
        holders -= 1
        return 'done'
      }
      const done = await Promise.all([
        store.lock(key('a'), work, {}),
        other.lock(key('a'), work, {}),
        store.lock(key('a'), work, {}),
      ])
      same(done, ['done', 'done', 'done'], 'lock, which gives what the work gave,')
      same(most, 1, 'The most callers inside one lock at a time')
    },
  ),

  storeCase('lock, where a store has it, is free again after work that throws', async ({ store, key }) => {
    if (!store.lock) return
    const fails = () => Promise.reject(new Error('the work failed'))
    const told = await store.lock(key('a'), fails, {}).then(String, String)
    same(told, 'Error: the work failed', 'lock around work that throws')
    same(await store.lock(key('a'), () => Promise.resolve('next'), {}), 'next', 'lock after work that threw')
  }),

  storeCase('lock, where a store has it, keeps out nobody of another name', async ({ store, other, key }) => {
    if (!store.lock || !other.lock) return
    const released = latch()
    const holder = store.lock(key('a'), () => released.opened, {})
    const worked = other.lock(key('b'), () => Promise.resolve('worked'), {})
    const told = await Promise.race([worked, patience(other, key('b'))])
    released.open()
    await Promise.all([holder, worked])
    same(told, 'worked', 'lock of a name beside a lock of another')
  }),

  storeCase(
    'lock, where a store has it, ends its wait when the signal fires',
    async ({ store, other, key }) => {
      if (!store.lock || !other.lock) return
      const controller = new AbortController()
      const holding = latch()
      const released = latch()
      const hold = () => {
        holding.open()
        return released.opened
      }
      const holder = store.lock(key('a'), hold, {})
      await holding.opened
      let worked = false
      const work = () => {
        worked = true
        return Promise.resolve('worked')
      }
      const waiter = other.lock(key('a'), work, { signal: controller.signal }).catch(() => 'rejected')
      controller.abort()
      const told = await Promise.race([waiter, patience(other, key('a'))])
      same(told, 'rejected', 'lock with a signal that fires while another holds it')
      released.open()
      await holder
      must(!worked, 'Work whose wait for the lock was aborted must not begin')
    },
  ),
]

/** Waits long enough for an answer of the store, measured by the store's own speed. */
async function patience(store: RecordStore, key: string): Promise<string> {
  for (let turn = 0; turn < 50; turn += 1) {
    await new Promise(resolve => setTimeout(resolve, 0))
    await store.get(key)
  }
  return 'still waiting'
}

function latch(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { open: () => open(), opened }
}
