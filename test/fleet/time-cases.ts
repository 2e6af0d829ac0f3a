import type { StoreCase } from '../../src/testing/store-contract.ts'

/*
 * What the contract does not see: what takes a clock that it is given (Redis expires by its own: here a quarter of a second
 * passes), and what a store of ours might leave behind.
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
  {
    name: 'what is settled leaves no folder behind',
    run: async ({ open }) => {
      const store = await open()
      const key = `so1/left-${crypto.randomUUID()}/`
      const version = await store.set(`${key}folder/a`, 'x', { expected: null, open: true })
      await store.set(`${key}folder/a`, 'y', { expected: version ?? '', open: false })
      const found = await store.openFolders?.(key, { limit: 10 })
      if (found !== undefined && found.length > 0)
        throw new Error('A folder is given in which nothing is open.')
      await store.close?.()
    },
  },
  {
    name: 'wildcards are letters where settled records are listed too',
    run: async ({ open }) => {
      const store = await open()
      const key = `so1/wild-${crypto.randomUUID()}/`
      const names = ['a/1', 'a*/1', 'ab/1', 'a?/1', 'a[b]/1', 'a\\/1', 'a%/1', 'a_/1']
      for (const name of names) await store.set(`${key}${name}`, name, { expected: null, open: false })
      for (const name of names) {
        const found: string[] = []
        for await (const record of store.listSettled?.(`${key}${name.slice(0, -1)}`) ?? [])
          found.push(record.value)
        if (found.join() !== name) throw new Error(`Beside ${name} there was found: ${found.join()}`)
      }
      await store.close?.()
    },
  },
]
