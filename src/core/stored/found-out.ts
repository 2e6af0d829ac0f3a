import type { Lease } from '../record/lease.ts'
import type { OperationRecord, StoredFailure, StoredResult } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'
import { transition } from '../record/transition.ts'

/*
 * What `onConflict` may have written, once the run has let go: whose change it was that stood in the way. Undefined where
 * the record stays as it is.
 */

/** The operation's own: it is executed, whatever else was stored of its key meanwhile. */
export function ownChange(
  stored: OperationRecord | undefined,
  { key, result }: { readonly key: string | undefined; readonly result: StoredResult | undefined },
  nowAt: number,
): OperationRecord | undefined {
  if (stored === undefined || stored.key !== key) return undefined
  return transition(stored, { kind: 'learn', told: { kind: 'executed', result } }, nowAt)
}

/**
 * Another's: nothing that was sent was executed. It holds for what the run left behind; what another runner has sent since,
 * or is about to send, the caller cannot know of.
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

/** Whether the store has now what was to be written: it was, or another wrote the same of this key. */
export function isSettledAs<State extends 'succeeded' | 'failed'>(
  stored: OperationRecord | undefined,
  key: string | undefined,
  state: State,
): stored is Extract<OperationRecord, { readonly state: State }> {
  return stored?.state === state && stored.key === key
}
