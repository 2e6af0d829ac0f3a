import type { Lease } from '../record/lease.ts'
import type { OperationRecord, StoredFailure, StoredResult } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'
import { transition } from '../record/transition.ts'

/*
 * What is written after a conflict, once the run has let go and `onConflict` has reported whose change stood in the
 * way. Undefined if the record stays as it is.
 */

/** The change was the operation's own: the operation is executed, whatever else was stored under its key meanwhile. */
export function ownChange(
  stored: OperationRecord | undefined,
  { key, result }: { readonly key: string | undefined; readonly result: StoredResult | undefined },
  nowAt: number,
): OperationRecord | undefined {
  if (stored === undefined || stored.key !== key) return undefined
  return transition(stored, { kind: 'learn', told: { kind: 'executed', result } }, nowAt)
}

/**
 * The change was another's: nothing that was sent was executed. That holds for what the run left behind. The caller
 * cannot know what another runner has sent since, or is about to send.
 */
export function anothersChange(
  stored: OperationRecord | undefined,
  left: {
    readonly record: Pick<OperationRecord, 'key' | 'attempts'>
    readonly failure: StoredFailure
    readonly isFree: (lease: Lease | undefined) => boolean
  },
  nowAt: number,
): OperationRecord | undefined {
  if (stored === undefined || stored.key !== left.record.key || !isOpen(stored)) return undefined
  if (stored.attempts !== left.record.attempts || !left.isFree(stored.lease)) return undefined
  return transition(stored, { kind: 'learn', told: { kind: 'not-executed', failure: left.failure } }, nowAt)
}

/** Whether the store now has what was to be written, by this call or by another one under the same key. */
export function isSettledAs<State extends 'succeeded' | 'failed'>(
  stored: OperationRecord | undefined,
  key: string | undefined,
  state: State,
): stored is Extract<OperationRecord, { readonly state: State }> {
  return stored?.state === state && stored.key === key
}
