import type { StoreCase } from './store-contract-case.ts'
import { closingCases } from './store-contract-closing.ts'
import { expiryCases } from './store-contract-expiry.ts'
import { folderCases } from './store-contract-folders.ts'
import { listCases } from './store-contract-lists.ts'
import { lockCases } from './store-contract-lock.ts'
import { memoryCases } from './store-contract-memory.ts'
import { raceCases } from './store-contract-races.ts'
import { textCases } from './store-contract-texts.ts'
import { writeCases } from './store-contract-writes.ts'

export type { StoreCase, StoreClock, StoreUnderTest } from './store-contract-case.ts'

/**
 * Everything that a RecordStore promises, as cases for any test runner. A case rejects with an Error that says in
 * a sentence what the store did and what it must do. Say `shared` where several processes or tabs use the same
 * data, and give the store's `clock` where it can be given one, and what breaks its disk: more is checked then. A store
 * must also be as durable as it says, which no case can see.
 *
 * @example
 * for (const { name, run } of storeContract) {
 *   test(name, () => run({ open: () => myStore(url), shared: true }))
 * }
 */
export const storeContract: readonly StoreCase[] = [
  ...writeCases,
  ...raceCases,
  ...expiryCases,
  ...listCases,
  ...folderCases,
  ...textCases,
  ...lockCases,
  ...closingCases,
  ...memoryCases,
]
