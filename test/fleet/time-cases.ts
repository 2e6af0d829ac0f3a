import type { StoreCase } from '../../src/testing/store-contract.ts'

/*
 * What the contract sees only by a clock that it is given. Redis expires by its own: here a quarter of a second passes.
 */
const SOON_MS = 250

export const timeCases: readonly StoreCase[] = [
  {
    name: 'a record that opens again, or is settled again without a time, stays',
    run: async ({ open }) => {
      const store = await open()
      const key = `so1/time-${crypto.randomUUID()}`
      const expiresAt = Date.now() + SOON_MS
      for (const name of ['opened', 'settled']) {
        const first = await store.set(`${key}/${name}`, 'x', { expected: null, open: false, expiresAt })
        const options = { expected: first ?? '', open: name === 'opened' }
        if ((await store.set(`${key}/${name}`, 'y', options)) === undefined)
          throw new Error('Nothing was written.')
      }
      await new Promise(resolve => {
        setTimeout(resolve, 2 * SOON_MS)
      })
      for (const name of ['opened', 'settled'])
        if ((await store.get(`${key}/${name}`)) === undefined) throw new Error(`What was ${name} is gone.`)
      await store.close?.()
    },
  },
  {
    name: 'what is settled for a time is listed until then',
    run: async ({ open }) => {
      const store = await open()
      const key = `so1/time-${crypto.randomUUID()}/`
      await store.set(`${key}a`, 'x', { expected: null, open: false, expiresAt: Date.now() + 60_000 })
      const found: string[] = []
      for await (const record of store.listSettled?.(key) ?? []) found.push(record.value)
      if (found.join() !== 'x') throw new Error('What is settled for a time is not listed.')
      await store.close?.()
    },
  },
]
