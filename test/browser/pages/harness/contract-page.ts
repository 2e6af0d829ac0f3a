import { indexedDBStore, webStorageStore } from 'stillonce/browser'
import { storeContract, type StoreUnderTest } from 'stillonce/testing'
import { trialClock } from '../../../stores/trial-clock.ts'

/* A page that holds its browser's stores to the contract of all stores. */
const STORES: Readonly<Record<string, () => StoreUnderTest>> = {
  'indexedDBStore, two handles on one database': () => {
    const clock = trialClock()
    const name = crypto.randomUUID()
    return { clock, shared: true, open: () => indexedDBStore({ name, now: clock.now }) }
  },
  'indexedDBStore on the clock of the machine': () => ({
    open: () => indexedDBStore({ name: crypto.randomUUID() }),
  }),
  'webStorageStore, two handles on localStorage': () => {
    const clock = trialClock()
    const name = crypto.randomUUID()
    return { clock, shared: true, open: () => webStorageStore({ name, now: clock.now }) }
  },
  'webStorageStore on sessionStorage': () => {
    const clock = trialClock()
    return { clock, open: () => webStorageStore({ storage: sessionStorage, now: clock.now }) }
  },
}

/** What the stores do against each rule, a sentence each; a store that breaks no rule is not named. */
async function contract(): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [name, subject] of Object.entries(STORES)) {
    for (const rule of storeContract) {
      localStorage.clear()
      sessionStorage.clear()
      await rule.run(subject()).catch((error: unknown) => {
        faults.push(`${name}: ${rule.name}: ${String(error)}`)
      })
    }
  }
  return faults
}

declare global {
  interface Window {
    readonly checked: { readonly contract: typeof contract; readonly rules: number; readonly stores: number }
  }
}
Object.assign(window, {
  checked: { contract, rules: storeContract.length, stores: Object.keys(STORES).length },
})
