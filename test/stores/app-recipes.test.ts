import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { RecordStore } from '../../src/public/store.ts'
import { storeContract } from '../../src/testing/store-contract.ts'
import { blocksOf } from '../docs/markdown.ts'
import { PAGES } from '../docs/pages.ts'

/* The recipes of docs/stores.md, each on a stand-in that has the functions of the storage that it is for. */

const folder = mkdtempSync(join(tmpdir(), 'stillonce-recipes-'))
afterAll(() => rmSync(folder, { recursive: true }))

const block = PAGES.flatMap(blocksOf).find(({ use }) => use.kind === 'file' && use.name === 'app-stores.ts')
const path = join(folder, 'app-stores.ts')
writeFileSync(path, block?.code ?? '')
const recipes: Readonly<Record<string, (storage: object) => RecordStore>> = await import(path)

const texts = new Map<string, string>()
const keys = () => [...texts.keys()]
const set = (key: string, value: string) => void texts.set(key, value)

const STORAGES: Readonly<Record<string, object>> = {
  onAsyncStorage: {
    getItem: async (key: string) => texts.get(key) ?? null,
    setItem: async (key: string, value: string) => set(key, value),
    removeItem: async (key: string) => void texts.delete(key),
    getAllKeys: async () => keys(),
  },
  onMMKV: {
    getString: (key: string) => texts.get(key),
    set,
    remove: (key: string) => texts.delete(key),
    getAllKeys: keys,
  },
  onPreferences: {
    get: async ({ key }: { key: string }) => ({ value: texts.get(key) ?? null }),
    set: async ({ key, value }: { key: string; value: string }) => set(key, value),
    remove: async ({ key }: { key: string }) => void texts.delete(key),
    keys: async () => ({ keys: keys() }),
  },
  onElectronStore: {
    get: (key: string) => texts.get(key),
    set,
    delete: (key: string) => void texts.delete(key),
    get store() {
      return Object.fromEntries(texts)
    },
  },
  onChromeStorage: {
    get: async (key: string) => (texts.has(key) ? { [key]: texts.get(key) } : {}),
    set: async (items: Record<string, string>) =>
      Object.entries(items).forEach(([key, value]) => set(key, value)),
    remove: async (key: string) => void texts.delete(key),
    getKeys: async () => keys(),
  },
}

/** What is about the storage's functions: the store itself is held to all of the contract in store-contract.test.ts. */
const cases = storeContract.filter(({ name }) =>
  /races?|listed|listSettled|absent|delete|any text|outlive/.test(name),
)

test('there is a recipe for each storage', () => {
  expect(Object.keys(recipes).toSorted()).toEqual(Object.keys(STORAGES).toSorted())
  expect(cases.length).toBeGreaterThan(10)
})

describe.each(Object.entries(STORAGES))('%s keeps the contract', (name, storage) => {
  test.each(cases)('$name', async ({ run }) => {
    texts.clear()
    const recipe = recipes[name]
    if (recipe === undefined) throw new Error(`docs/stores.md has no recipe ${name}`)
    await expect(run({ shared: true, open: () => recipe(storage) })).resolves.toBeUndefined()
  })
})
