import type { RefusalReason } from '../../core/answers/evidence.ts'
import { gateRefusal } from '../../core/run/gate-refusal.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import type { SentRequest } from '../answer/observe.ts'
import type { RunContext } from '../run/run-context.ts'
import { faultToSend } from '../run/target-check.ts'

/** What forbids a run to send now, by what is true at this moment. Asked at the gate, twice a send. */
export function refusalNow(
  x: RunContext,
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
