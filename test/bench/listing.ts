import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordStore } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { openDatabase } from '../../src/stores/sqlite/file.ts'
import { prepareStatements } from '../../src/stores/sqlite/statements.ts'
import { applySet } from '../../src/stores/sqlite/transaction.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'

/** What it takes to list the open records of a scope, among few settled ones and among many; ms, one of each a round. */
export type ListingFigures = {
  readonly store: string
  readonly amongFewMs: readonly number[]
  readonly amongManyMs: readonly number[]
}

export type ListingSizes = { readonly open: number; readonly few: number; readonly many: number }

export const LISTING_SIZES: ListingSizes = { open: 100, few: 1_000, many: 1_000_000 }
const ROUNDS = 200
/** Before it measures, so that both are compiled and cached alike. */
const WARM_UP = 50
const SCOPE = 'so1/user-7/'
const VALUE = 'x'.repeat(200)

/** 100 open records among 1,000 and among 1,000,000 settled ones, in turns; all of one user. */
export async function measureListing(sizes = LISTING_SIZES, rounds = ROUNDS): Promise<ListingFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-listing-'))
  try {
    return [
      await compare('memoryStore', sizes, rounds, settled => memoryWith(sizes.open, settled)),
      await compare('sqliteStore', sizes, rounds, settled => fileWith(folder, sizes.open, settled)),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function compare(
  name: string,
  { open, few, many }: ListingSizes,
  rounds: number,
  storeWith: (settled: number) => RecordStore | Promise<RecordStore>,
): Promise<ListingFigures> {
  const stores = [await storeWith(few), await storeWith(many)] as const
  const figures = { store: name, amongFewMs: [] as number[], amongManyMs: [] as number[] }
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const fewMs = await listingMs(stores[0], open)
    const manyMs = await listingMs(stores[1], open)
    if (round < 0) continue
    figures.amongFewMs.push(fewMs)
    figures.amongManyMs.push(manyMs)
  }
  for (const store of stores) await store.close?.()
  return figures
}

async function listingMs(store: RecordStore, open: number): Promise<number> {
  const begunMs = performance.now()
  let found = 0
  for await (const _record of store.listOpen(SCOPE)) found += 1
  const tookMs = performance.now() - begunMs
  if (found !== open) throw new Error(`${found} records were listed, and ${open} are open`)
  return tookMs
}

/** Open ones are spread among the settled. */
function keysOf(open: number, settled: number): { readonly key: string; readonly isOpen: boolean }[] {
  const step = Math.max(1, Math.floor(settled / open))
  return Array.from({ length: open + settled }, (_, index) => ({
    key: `${SCOPE}order/${index}`,
    isOpen: index % (step + 1) === 0 && index / (step + 1) < open,
  }))
}

async function memoryWith(open: number, settled: number): Promise<RecordStore> {
  const store = memoryStore({ maxSettled: Infinity })
  for (const { key, isOpen } of keysOf(open, settled))
    await store.set(key, VALUE, { expected: null, open: isOpen })
  return store
}

/** Written by the store's own statements, in large transactions. */
function fileWith(folder: string, open: number, settled: number): RecordStore {
  const path = join(folder, `${settled}.db`)
  const db = openDatabase(path)
  const statements = prepareStatements(db)
  const transaction = { statements, nowAt: Date.now(), last: 0, hasWritten: false }
  const expiresAt = Date.now() + 86_400_000
  db.exec('BEGIN')
  for (const { key, isOpen } of keysOf(open, settled))
    applySet(transaction, key, VALUE, { expected: null, open: isOpen, expiresAt })
  statements.advanceSequence.run(transaction.last)
  db.exec('COMMIT')
  db.close()
  return sqliteStore(path)
}
