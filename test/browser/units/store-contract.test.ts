import { beforeEach, describe, expect, test } from 'vitest'
import { indexedDBStore } from '../../../src/stores/indexed-db/indexed-db-store.ts'
import { memoryStore } from '../../../src/stores/memory/memory-store.ts'
import { webStorageStore } from '../../../src/stores/web-storage/web-storage-store.ts'
import { storeContract, type StoreUnderTest } from '../../../src/testing/store-contract.ts'
import { trialClock } from '../../stores/trial-clock.ts'

const codec = {
  encrypt: (text: string) => Promise.resolve(`sealed${JSON.stringify(text)}`),
  decrypt: (sealed: string) => JSON.parse(sealed.slice('sealed'.length)) as string,
}

const STORES: Readonly<Record<string, () => StoreUnderTest>> = {
  memoryStore: () => {
    const clock = trialClock()
    return { clock, open: () => memoryStore({ now: clock.now }) }
  },
  'webStorageStore, two handles on localStorage': () => {
    const clock = trialClock()
    const name = crypto.randomUUID()
    return {
      clock,
      shared: true,
      open: () => webStorageStore({ storage: localStorage, name, now: clock.now }),
    }
  },
  'webStorageStore on sessionStorage, with a codec': () => {
    const clock = trialClock()
    return { clock, open: () => webStorageStore({ storage: sessionStorage, now: clock.now, codec }) }
  },
  'webStorageStore on the clock of the machine': () => ({ open: () => webStorageStore() }),
  'indexedDBStore, two handles on one database': () => {
    const clock = trialClock()
    const name = crypto.randomUUID()
    return { clock, shared: true, open: () => indexedDBStore({ name, now: clock.now }) }
  },
  'indexedDBStore on the clock of the machine': () => ({ open: () => indexedDBStore() }),
  'indexedDBStore with a codec': () => {
    const clock = trialClock()
    const name = crypto.randomUUID()
    return { clock, shared: true, open: () => indexedDBStore({ name, now: clock.now, codec }) }
  },
}

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
})

describe.each(Object.entries(STORES))('%s keeps the contract in Chromium', (_name, subject) => {
  test.each(storeContract)('$name', async ({ run }) => {
    await expect(run(subject())).resolves.toBeUndefined()
  })
})
