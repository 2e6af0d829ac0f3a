import type { OpenRecord, OperationRecord, StoredRequest } from '../record/operation-record.ts'
import { isOpen, lineAfter } from '../record/operation-record.ts'
import { isOfAnotherPayload } from '../record/same-payload.ts'
import { mayHaveExecuted } from '../record/outcome.ts'

/*
 * What `enqueue` does about what is stored of its operation:
 *
 *   nothing, or a proven failure   begin: a new generation that nobody has sent yet
 *   open                           keep: from now on it is sent, whoever has begun it and whatever became of that call
 *   succeeded, or enqueued before  there: nothing is written
 *   another payload                mismatch: nothing is written
 */

export type Enqueuing =
  | { readonly kind: 'begin'; readonly generation: number; readonly line: string | undefined }
  | { readonly kind: 'keep'; readonly record: OpenRecord }
  | { readonly kind: 'there'; readonly record: OperationRecord }
  | { readonly kind: 'mismatch'; readonly record: OperationRecord }

export function enqueuing(record: OperationRecord | undefined, fingerprint: string): Enqueuing {
  if (record === undefined || record.state === 'failed')
    return { kind: 'begin', generation: (record?.generation ?? 0) + 1, line: lineAfter(record) }
  if (isOfAnotherPayload(record, fingerprint)) return { kind: 'mismatch', record }
  return isOpen(record) && record.request?.isQueued !== true
    ? { kind: 'keep', record }
    : { kind: 'there', record }
}

/** An open record that is sent from now on; undefined if the bytes that were sent before differ from those of now. */
export function keptToSend(
  record: OpenRecord,
  { request, bodyHash }: { readonly request: StoredRequest; readonly bodyHash: string },
  nowAt: number,
): OpenRecord | undefined {
  const isSame = record.bodyHash === bodyHash
  if (!isSame && record.request === undefined && mayHaveExecuted(record)) return undefined
  const kept = isSame || mayHaveExecuted(record) ? (record.request ?? request) : request
  return {
    ...record,
    bodyHash: kept === request ? bodyHash : record.bodyHash,
    request: { ...kept, isQueued: true },
    updatedAt: nowAt,
    highestSeenAt: Math.max(record.highestSeenAt, nowAt),
  }
}
