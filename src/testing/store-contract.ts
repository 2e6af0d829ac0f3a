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
 * Everything that a RecordStore promises, as cases for any test runner. A case rejects with an Error that states in
 * one sentence what the store did and what it must do. Set `shared` if several processes or tabs use the same data.
 * Pass the store's `clock` if it accepts one, and `breakDisk` if its disk can be made to fail: more is checked then.
 * A store must also be as durable as it claims, which no case can check.
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
