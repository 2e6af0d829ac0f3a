import type { Advice } from './advice.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import type { ClockReading } from '../record/server-clock.ts'

/** What the store failed with; `error` is what was thrown, `cause` what the store itself said. */
export type StoreFault = {
  readonly reason: string
  /** What is stored cannot be understood. */
  readonly isCorrupt: boolean
  /** The runtime does not have what the store is made of: the store has never held anything, and `reason` names what it lacks. */
  readonly isMissing: boolean
  /** What can help, where it is more than that the store works again. */
  readonly advice?: Advice | undefined
  /** A write that may be there all the same: nobody could read whether it is. */
  readonly isUnread: boolean
  /** What the store itself said; undefined where the store said nothing of its own. */
  readonly cause: unknown
  /** The same for listeners: `cause`, or else the failure itself. */
  readonly told: unknown
}

/** What the store holds, and when the read or the write began that showed it. */
export type StoreLook = { readonly stored: OperationRecord | undefined; readonly since: ClockReading }

/** By which code a call ends that the store failed. */
export function codeOfFault({
  isMissing,
  isCorrupt,
}: Pick<StoreFault, 'isMissing' | 'isCorrupt'>): 'configuration' | 'store-corrupt' | 'store-failed' {
  if (isMissing) return 'configuration'
  return isCorrupt ? 'store-corrupt' : 'store-failed'
}
