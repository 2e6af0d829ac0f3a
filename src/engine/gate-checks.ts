import type { RefusalReason } from '../core/evidence.ts'
import { isKeyExpired } from '../core/key-horizon.ts'
import { isAskedForTime } from '../core/next-step.ts'
import type { OperationRecord } from '../core/operation-record.ts'
import { isOpen } from '../core/operation-record.ts'
import { mayHaveExecuted } from '../core/outcome.ts'
import type { SentRequest } from './evidence-log.ts'
import type { Execution } from './execution.ts'
import { faultToSend } from './target-check.ts'

/** What forbids a run to send now, whatever was planned; undefined where nothing does. Asked at the gate, twice a send. */
export function refusalNow(
  x: Execution,
  record: OperationRecord,
  as: SentRequest['as'],
): RefusalReason | undefined {
  if (x.stopRequest !== undefined) return x.stopRequest === 'closed' ? 'closed' : 'aborted'
  if (x.remainingMs <= 0) return 'deadline'
  if (!x.engine.runtime.online()) return 'offline'
  if (!x.isSameScope) return 'scope-changed'
  if (!x.holding || (x.ownLease !== undefined && !x.isHeld)) return 'claim-lost'
  if (record.state === 'failed') return 'settled'
  if (record.state === 'succeeded' && as !== 'reread') return 'settled'
  if (faultToSend(x) !== undefined) return 'other-target'
  const { clocks, horizon } = x
  if (isKeyExpired(record, horizon, clocks)) return 'key-expired'
  const before = withoutOwnFlight(x, record)
  const hasStatus = x.plan.status !== undefined
  if (isAskedForTime(before, x.progress, { hasStatus, horizon }, clocks)) return 'key-expired'
  if (mayHaveExecuted(before) && !x.plan.settings.profile.honoursKeys) return 'key-not-honoured'
  if (record.sent > 0 && x.unfit !== undefined) return 'other-target'
  return undefined
}

/** The record as it was before this run's own attempt was written ahead: that one is not a doubt yet. */
function withoutOwnFlight(x: Execution, record: OperationRecord): OperationRecord {
  if (!isOpen(record) || record.inFlight?.runner !== x.engine.writer.runner) return record
  return { ...record, inFlight: undefined }
}
