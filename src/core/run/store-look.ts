import type { Advice } from './advice.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import type { ClockReading } from '../record/server-clock.ts'

/** How the store failed. */
export type StoreFault = {
  readonly reason: string
  /** What is stored cannot be understood. */
  readonly isCorrupt: boolean
  /** The runtime lacks what the store needs, which `reason` names, so the store has never held anything. */
  readonly isMissing: boolean
  /** What can help, if more is needed than a store that works again. */
  readonly advice?: Advice | undefined
  /** The write may be there all the same, because nobody could read whether it is. */
  readonly isUnread: boolean
  /** What the store itself reported; undefined if the store gave no error of its own. */
  readonly cause: unknown
  /** What listeners get: `cause`, or else the failure itself. */
  readonly told: unknown
}

/** What the store holds, and when the read or the write began that showed it. */
export type StoreLook = { readonly stored: OperationRecord | undefined; readonly since: ClockReading }

/** The error code of a call that ends because the store failed. */
export function codeOfFault({
  isMissing,
  isCorrupt,
}: Pick<StoreFault, 'isMissing' | 'isCorrupt'>): 'configuration' | 'store-corrupt' | 'store-failed' {
  if (isMissing) return 'configuration'
  return isCorrupt ? 'store-corrupt' : 'store-failed'
}
