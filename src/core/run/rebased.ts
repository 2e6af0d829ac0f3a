import type { OpenRecord, OperationRecord } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'
import { isSameWriter } from '../record/own-write.ts'

/*
 * Another write changed the record that a run has in hand, and took nothing from the run: `enqueue`, which has the
 * operation sent from now on, or `clear`, which leaves key, target and times. What the run has observed since it last
 * saw the record is as true as before, and goes on top of what was written. That an attempt never left is known nowhere
 * else.
 */

/**
 * The record in hand on top of what is stored now; undefined if another runner wrote the stored record, or if it
 * contains something new.
 */
export function rebased(
  own: OperationRecord | undefined,
  before: OperationRecord | undefined,
  stored: OperationRecord | undefined,
): OpenRecord | undefined {
  if (own === undefined || before === undefined || stored === undefined) return undefined
  if (!isOpen(own) || !isOpen(before) || !isOpen(stored)) return undefined
  if (own.key !== before.key || !isSameWriter(own.writer, before.writer)) return undefined
  if (!saysTheSame(before, stored)) return undefined
  const { statusUrl, statusIsMonitor } = own.statusUrl === before.statusUrl ? stored : own
  return {
    ...own,
    writer: stored.writer,
    request: stored.request,
    statusUrl,
    statusIsMonitor,
    highestSeenAt: Math.max(own.highestSeenAt, stored.highestSeenAt),
  }
}

const SAME = ['key', 'bodyHash', 'state', 'attempts', 'sent', 'ambiguous'] as const

/** Whether both records agree on what was sent and on who holds the operation. */
function saysTheSame(before: OpenRecord, stored: OpenRecord): boolean {
  return (
    SAME.every(field => before[field] === stored[field]) &&
    before.inFlight?.runner === stored.inFlight?.runner &&
    before.inFlight?.at === stored.inFlight?.at &&
    before.lease?.runner === stored.lease?.runner &&
    before.lease?.until === stored.lease?.until
  )
}
