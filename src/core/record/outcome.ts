import type { OperationRecord } from './operation-record.ts'

/** What is known of an operation as a whole, never of one run or one attempt. */
export type Outcome = 'executed' | 'not-executed' | 'unknown'

/**
 * Combines all evidence that a record has gathered.
 *
 * `executed` absorbs: one proof is enough. Otherwise a single attempt that may have executed (ambiguous, or begun by a
 * runner that did not come back) makes the outcome `unknown`, unless an answer was conclusive for the key, which is
 * what `failed` means. Otherwise nothing that was sent can have executed.
 */
export function outcomeOf(record: OperationRecord | undefined): Outcome {
  if (record === undefined) return 'not-executed'
  switch (record.state) {
    case 'succeeded':
      return 'executed'
    case 'failed':
      return 'not-executed'
    case 'processing':
      return 'unknown'
    case 'pending':
      return mayHaveExecuted(record) ? 'unknown' : 'not-executed'
    default:
      return record satisfies never
  }
}

/** Whether any attempt under this key may have executed. If so, only an honoured key permits another send (P8). */
export function mayHaveExecuted(record: OperationRecord): boolean {
  switch (record.state) {
    case 'succeeded':
    case 'processing':
      return true
    case 'failed':
      return false
    case 'pending':
      return record.ambiguous > 0 || record.inFlight !== undefined
    default:
      return record satisfies never
  }
}
