import type { Advice } from './advice.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import type { ClockReading } from '../record/server-clock.ts'

/** What the store failed with; `error` is what was thrown, `cause` what the store itself said. */
export type StoreFault = {
  readonly reason: string
  /** What is stored cannot be understood. */
  readonly isCorrupt: boolean
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
