import { fdatasync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { keyValueStore } from '../../src/stores/key-value/key-value-store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { storeContract, type StoreCase, type StoreUnderTest } from '../../src/testing/store-contract.ts'
import { BUGS, brokenStore } from './broken-stores.ts'
import { appStorage, lateAppStorage } from './app-storage.ts'
import { tempFolder } from './temp-folder.ts'
import { trialClock } from './trial-clock.ts'

const base64 = {
  encrypt: (text: string) => Promise.resolve(Buffer.from(JSON.stringify(text)).toString('base64')),
  decrypt: (sealed: string) => JSON.parse(Buffer.from(sealed, 'base64').toString()) as string,
}

vi.mock('node:fs', { spy: true })

/** No sync ends well from now on. */
function breakDisk(): () => void {
  vi.mocked(fdatasync).mockImplementation((_descriptor, done) => {
    setImmediate(done, new Error('EIO: i/o error, fdatasync'))
  })
  return () => {
    vi.mocked(fdatasync).mockReset()
  }
}

const STORES: Readonly<Record<string, () => StoreUnderTest>> = {
  memoryStore: () => {
    const clock = trialClock()
    return { clock, open: () => memoryStore({ now: clock.now }) }
  },
  'memoryStore with a small bound': () => {
    const clock = trialClock()
    return { clock, open: () => memoryStore({ now: clock.now, maxSettled: 500 }) }
  },
  'memoryStore on the clock of the machine': () => ({ open: () => memoryStore() }),
  'memoryStore with a codec': () => {
    const clock = trialClock()
    return { clock, open: () => memoryStore({ now: clock.now, codec: base64 }) }
  },
  'keyValueStore on a synchronous storage': () => {
    const clock = trialClock()
    const app = appStorage()
    const name = `app-${(apps += 1)}`
    const open = () => keyValueStore({ ...app.storage, name, now: clock.now })
    return { clock, shared: true, breakDisk: app.breakDisk, open }
  },
  'keyValueStore with a codec on an asynchronous storage': () => {
    const clock = trialClock()
    const app = lateAppStorage()
    const name = `app-${(apps += 1)}`
    const open = () => keyValueStore({ ...app.storage, name, now: clock.now, codec: base64 })
    return { clock, shared: true, breakDisk: app.breakDisk, open }
  },
  'sqliteStore, two handles on one file': () => {
    const clock = trialClock()
    const path = join(tempFolder(), 'store.db')
    return { clock, shared: true, breakDisk, open: () => sqliteStore(path, { now: clock.now }) }
  },
  'sqliteStore on the clock of the machine': () => {
    const path = join(tempFolder(), 'store.db')
    return { open: () => sqliteStore(path) }
  },
  'sqliteStore with a codec': () => {
    const clock = trialClock()
    const path = join(tempFolder(), 'store.db')
    return { clock, shared: true, open: () => sqliteStore(path, { now: clock.now, codec: base64 }) }
  },
}

/** One more storage of an app, under a name that no other test has. */
let apps = 0

describe.each(Object.entries(STORES))('%s keeps the contract', (_name, subject) => {
  test.each(storeContract)('$name', async ({ run }) => {
    await expect(run(subject())).resolves.toBeUndefined()
  })
})

test('the right store that bugs are planted in keeps the contract', async () => {
  expect(await brokenCases(brokenStore(() => ({})))).toEqual([])
})

test.each(Object.keys(BUGS))('a planted bug is found: %s', async name => {
  expect(await brokenCases(planted(name), { most: 1 })).not.toEqual([])
})

test('every case of the contract can fail', async () => {
  let unfailed = storeContract
  for (const name of Object.keys(BUGS)) {
    const failed = await brokenCases(planted(name), { of: unfailed })
    unfailed = unfailed.filter(each => !failed.includes(each.name))
  }
  expect(unfailed.map(({ name }) => name)).toEqual([])
})

test('a case says in a sentence what the store did and what it must do', async () => {
  const [first] = storeContract
  const subject = brokenStore(right => ({
    get: async key => (await right.get(key)) ?? { value: 'made up', version: '7' },
  }))
  await expect(first?.run(subject)).rejects.toThrow(
    'get of a key that was never written must give undefined; it gave {"value":"made up","version":"7"}.',
  )
})

const planted = (name: string) => brokenStore(BUGS[name] ?? (() => ({})))

type Looked = { readonly of?: readonly StoreCase[]; readonly most?: number }

/** The names of the cases that a store fails, of some cases or all; no more than `most`. */
async function brokenCases(
  subject: StoreUnderTest,
  { of = storeContract, most = Infinity }: Looked = {},
): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of of) {
    try {
      await run(subject)
    } catch {
      failed.push(name)
      if (failed.length === most) break
    }
  }
  return failed
}
