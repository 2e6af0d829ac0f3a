import type { RefusalReason } from '../core/evidence.ts'
import { gateRefusal } from '../core/gate-refusal.ts'
import type { OperationRecord } from '../core/operation-record.ts'
import type { SentRequest } from './evidence-log.ts'
import type { Execution } from './execution.ts'
import { faultToSend } from './target-check.ts'

/** What forbids a run to send now, by what is true at this moment. Asked at the gate, twice a send. */
export function refusalNow(
  x: Execution,
  record: OperationRecord,
  as: SentRequest['as'],
): RefusalReason | undefined {
  const { engine, plan, stopRequest } = x
  return gateRefusal({
    record,
    progress: x.progress,
    as,
    runner: engine.writer.runner,
    stop: stopRequest === undefined || stopRequest === 'closed' ? stopRequest : 'aborted',
    remainingMs: x.remainingMs,
    online: engine.runtime.online(),
    isSameScope: x.isSameScope,
    holds: x.holding && (x.ownLease === undefined || x.isHeld),
    isSameTarget: faultToSend(x) === undefined,
    hasOtherBytes: x.unfit !== undefined,
    horizon: x.horizon,
    clocks: x.clocks,
    honoursKeys: plan.settings.profile.honoursKeys,
    hasStatus: plan.status !== undefined,
  })
}
