import type { KeyValueStorage } from '../../src/stores/key-value/storage.ts'

/** The storage of an app, as a test has it. */
export type AppStorage = {
  readonly storage: KeyValueStorage
  readonly texts: Map<string, string>
  /** It takes nothing more until what this gives is called. */
  readonly breakDisk: () => () => void
}

/** As MMKV or a web storage: it answers at once, and gives the keys of all. */
export function appStorage(): AppStorage {
  const texts = new Map<string, string>()
  let isBroken = false
  const check = () => {
    if (isBroken) throw new Error('the disk is full')
  }
  return {
    texts,
    breakDisk: () => {
      isBroken = true
      return () => {
        isBroken = false
      }
    },
    storage: {
      get: key => texts.get(key),
      set: (key, value) => {
        check()
        texts.set(key, value)
      },
      remove: key => {
        check()
        texts.delete(key)
      },
      keys: () => texts.keys(),
    },
  }
}

/** As AsyncStorage: it answers later, by promises, a write later than a read. */
export function lateAppStorage(): AppStorage {
  const { storage, ...others } = appStorage()
  return {
    ...others,
    storage: {
      get: async key => {
        await Promise.resolve()
        return (await storage.get(key)) ?? null
      },
      set: async (key, value) => {
        await later(3)
        storage.set(key, value)
        await later(2)
      },
      remove: async key => {
        await later(3)
        storage.remove(key)
        await later(2)
      },
      keys: async prefix => {
        await later(2)
        return [...(await storage.keys(prefix))].filter(key => key.startsWith(prefix))
      },
    },
  }
}

async function later(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
}
